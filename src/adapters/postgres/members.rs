//! Members: coming, going, roles, and what they have read.
//!
//! Whatever writes here keeps to one order of locks: rooms, then members, then their counts (which triggers keep), each in the
//! order of ids.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use rand::RngExt;
use sqlx::postgres::PgRow;
use tokio::time::sleep;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, account_columns, counted_room, room_columns, standing_columns},
};
use crate::{
    domain::{
        account::Account,
        id::{RoomId, UserId},
        room::{Member, Role, RoomView, Visibility},
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{
            Entered, Entry, MemberChange, MemberStore, NewRoom, Premises, ReadMark, ReadState,
        },
    },
};

/// The rooms, as those who want in see them, with the place in the list for each of them.
const SEE: &str = concat!(
    "WITH r AS MATERIALIZED (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id = ANY ($1) AND r.deleted_at IS NULL) SELECT a.place, ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY a (room_id, user_id, place) \
     JOIN r ON r.id = a.room_id LEFT JOIN members m ON m.room_id = a.room_id AND m.user_id = a.user_id"
);
/// Lets in who may come. It answers nothing, so that the counts of the rooms are not locked until a long answer has been taken.
const LET_IN: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT DISTINCT ON (r.id, u.id) r.id, u.id, 'member', a.at, r.last_seq \
     FROM unnest($1::text[], $2::text[], $3::timestamptz[]) WITH ORDINALITY a (room_id, user_id, at, place) \
     JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL AND r.visibility = 'public' \
     JOIN users u ON u.id = a.user_id \
     ORDER BY r.id, u.id, a.place ON CONFLICT (room_id, user_id) DO NOTHING";
/// Once to look, once to see who was let in; the others are for those who were removed in between.
const JOIN_TRIES: usize = 5;

const MEMBER: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", ",
    standing_columns!(),
    ", s.role FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL) r \
     LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $2 \
     LEFT JOIN members s ON s.room_id = r.id AND s.user_id = $3"
);
const MEMBERS: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", m.role, m.joined_at FROM members m JOIN users u ON u.id = m.user_id \
     WHERE m.room_id = $1 AND m.user_id > coalesce($2, '') \
     AND EXISTS (SELECT FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL) \
     ORDER BY m.user_id LIMIT $3"
);
const AMONG: &str = "SELECT m.user_id FROM members m WHERE m.room_id = $1 AND m.user_id = ANY ($2) \
     AND EXISTS (SELECT FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL)";
const NAMED: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u JOIN members m ON m.user_id = u.id WHERE m.room_id = $1 AND u.username_key = ANY ($2) \
     AND EXISTS (SELECT FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL)"
);

const ADD: &str = "SELECT * FROM add_member($1, $2, $3, $4, $5, $6, $7)";
const CHANGE: &str = "SELECT * FROM change_member($1, $2, $3, $4, $5, $6, $7)";

/// Moves what can be moved, and answers for each mark; `behind` says that it was not settled.
///
/// A member whom somebody else is changing (mostly a commit, since sending marks as read) is skipped: waiting for one while
/// holding others could end in a circle with the commit, which takes them in an order of its own.
const MARK: &str = "WITH asked AS MATERIALIZED ( \
         SELECT a.place, a.user_id, a.seq, r.id AS room_id, r.last_seq, m.last_read_seq, \
             least(max(a.seq) OVER (PARTITION BY a.room_id, a.user_id), r.last_seq) AS target \
         FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY a (room_id, user_id, seq, place) \
         JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL \
         JOIN members m ON m.room_id = r.id AND m.user_id = a.user_id \
     ), ahead AS MATERIALIZED ( \
         SELECT DISTINCT room_id, user_id, target FROM asked WHERE target > last_read_seq \
     ), held AS MATERIALIZED ( \
         SELECT m.room_id, m.user_id, a.target FROM ahead a JOIN members m ON m.room_id = a.room_id AND m.user_id = a.user_id \
         FOR NO KEY UPDATE OF m SKIP LOCKED \
     ), moved AS ( \
         UPDATE members m SET last_read_seq = h.target FROM held h \
         WHERE m.room_id = h.room_id AND m.user_id = h.user_id AND m.last_read_seq < h.target \
         RETURNING m.room_id, m.user_id \
     ), settled AS MATERIALIZED ( \
         SELECT a.*, moved.user_id IS NOT NULL AS moved, greatest(a.last_read_seq, a.target) AS now_read \
         FROM asked a LEFT JOIN moved ON moved.room_id = a.room_id AND moved.user_id = a.user_id \
     ) SELECT s.place, s.now_read, s.last_seq - s.now_read, ( \
             SELECT count(*) FROM mentions x WHERE x.room_id = s.room_id AND x.user_id = s.user_id AND x.seq > s.now_read \
         ), s.moved, s.target > s.last_read_seq AND NOT s.moved AS behind FROM settled s";
/// The longest pause before those are tried again who were being changed.
const MARK_PAUSE: Duration = Duration::from_millis(20);

#[async_trait]
impl MemberStore for PostgresStore {
    async fn join(&self, entries: &[Entry]) -> Result<Vec<Entered>, BackendError> {
        self.limited(Operation::Members, async {
            let mut entered: Vec<Entered> = Vec::new();
            entered.resize_with(entries.len(), || Entered::NoRoom);
            let mut open: Vec<usize> = (0..entries.len()).collect();
            for round in 0..JOIN_TRIES {
                let seen = self.see(entries, &open).await?;
                let (mut newcomers, mut founders) = (Vec::new(), Vec::new());
                for (place, view) in open.into_iter().zip(seen) {
                    match view {
                        Some(view) if view.standing.is_some() => {
                            entered[place] = Entered::Member(Box::new(view));
                        }
                        Some(view) if view.room.visibility == Visibility::Public => {
                            newcomers.push(place);
                        }
                        // One that is not there later on has been deleted.
                        None if entries[place].create && round == 0 => founders.push(place),
                        Some(_) | None => {}
                    }
                }
                if newcomers.is_empty() && founders.is_empty() {
                    break;
                }
                if !founders.is_empty() {
                    self.found(entries, &founders).await?;
                    newcomers.append(&mut founders);
                }
                self.let_in(entries, &newcomers).await?;
                open = newcomers;
            }
            Ok(entered)
        })
        .await
    }

    async fn member(
        &self,
        room: &RoomId,
        asker: &UserId,
        subject: &UserId,
    ) -> Result<Option<(RoomView, Option<Role>)>, BackendError> {
        let rows = self.limited(
            Operation::Members,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(MEMBER)
                    .bind(room.as_str())
                    .bind(asker.as_str())
                    .bind(subject.as_str())
            }),
        );
        let rows = rows.await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let mut columns = Columns::of(row);
        Ok(Some((columns.view()?, columns.maybe_word(Role::parse)?)))
    }

    async fn members(
        &self,
        room: &RoomId,
        after: Option<&UserId>,
        limit: i64,
    ) -> Result<Vec<Member>, BackendError> {
        let rows = self.limited(
            Operation::Members,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(MEMBERS)
                    .bind(room.as_str())
                    .bind(after.map(UserId::as_str))
                    .bind(limit.max(0))
            }),
        );
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).member()).collect()
    }

    async fn add_member(
        &self,
        premises: &Premises,
        role: Role,
        at: Timestamp,
    ) -> Result<MemberChange, BackendError> {
        if premises.subject_role.is_some() {
            return Ok(MemberChange::Moved);
        }
        // Not again, here and below: the repeat would find its own change, and take it for somebody else's.
        let rows = self.limited(
            Operation::Members,
            self.rows(Lane::Rest, Again::Unsafe, || {
                sqlx::query(ADD)
                    .bind(premises.room.as_str())
                    .bind(premises.visibility.as_str())
                    .bind(premises.actor.as_str())
                    .bind(premises.actor_role.as_str())
                    .bind(premises.subject.as_str())
                    .bind(role.as_str())
                    .bind(at.to_datetime())
            }),
        );
        member_change(&rows.await?)
    }

    async fn set_role(
        &self,
        premises: &Premises,
        role: Role,
    ) -> Result<MemberChange, BackendError> {
        self.change_member(premises, Some(role)).await
    }

    async fn remove_member(&self, premises: &Premises) -> Result<MemberChange, BackendError> {
        self.change_member(premises, None).await
    }

    async fn members_among(
        &self,
        room: &RoomId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, BackendError> {
        let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
        let rows = self.limited(
            Operation::Members,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(AMONG).bind(room.as_str()).bind(&users)
            }),
        );
        let rows = rows.await?;
        rows.iter()
            .map(|row| Columns::of(row).parse(UserId::parse))
            .collect()
    }

    async fn mark_read(&self, marks: &[ReadMark]) -> Result<Vec<Option<ReadState>>, BackendError> {
        self.limited(Operation::Members, async {
            let mut states: Vec<Option<ReadState>> = vec![None; marks.len()];
            let mut open: Vec<usize> = (0..marks.len()).collect();
            while !open.is_empty() {
                open = self.mark(marks, &open, &mut states).await?;
                if !open.is_empty() {
                    let pause = rand::rng().random_range(Duration::from_millis(1)..MARK_PAUSE);
                    sleep(pause).await;
                }
            }
            Ok(states)
        })
        .await
    }

    async fn members_named(
        &self,
        room: &RoomId,
        names: &[String],
    ) -> Result<Vec<Account>, BackendError> {
        let rows = self.limited(
            Operation::Members,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(NAMED).bind(room.as_str()).bind(names)
            }),
        );
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }
}

impl PostgresStore {
    /// The rooms of those of `entries` that `places` names, as they see them; in the order of `places`.
    async fn see(
        &self,
        entries: &[Entry],
        places: &[usize],
    ) -> Result<Vec<Option<RoomView>>, BackendError> {
        let rooms: Vec<&str> = places.iter().map(|&p| entries[p].room.as_str()).collect();
        let users: Vec<&str> = places.iter().map(|&p| entries[p].user.as_str()).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(SEE).bind(&rooms).bind(&users)
        });
        let mut views: Vec<Option<RoomView>> = Vec::new();
        views.resize_with(places.len(), || None);
        for row in &rows.await? {
            let mut columns = Columns::of(row);
            let place: i64 = columns.take()?;
            *place_of(place, &mut views)? = Some(columns.view()?);
        }
        Ok(views)
    }

    /// Makes the rooms that are wanted and were not there; the first one who wants one is its owner.
    async fn found(&self, entries: &[Entry], founders: &[usize]) -> Result<(), BackendError> {
        let mut rooms: HashMap<&RoomId, NewRoom> = HashMap::new();
        for entry in founders.iter().map(|&place| &entries[place]) {
            rooms.entry(&entry.room).or_insert_with(|| entry.new_room());
        }
        let rooms: Vec<NewRoom> = rooms.into_values().collect();
        self.make_rooms(&rooms, Again::Safe).await.map(drop)
    }

    async fn let_in(&self, entries: &[Entry], newcomers: &[usize]) -> Result<(), BackendError> {
        let of = |&place: &usize| &entries[place];
        let rooms: Vec<&str> = newcomers.iter().map(|p| of(p).room.as_str()).collect();
        let users: Vec<&str> = newcomers.iter().map(|p| of(p).user.as_str()).collect();
        let times: Vec<_> = newcomers.iter().map(|p| of(p).at.to_datetime()).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(LET_IN).bind(&rooms).bind(&users).bind(&times)
        });
        rows.await.map(drop)
    }

    async fn change_member(
        &self,
        premises: &Premises,
        role: Option<Role>,
    ) -> Result<MemberChange, BackendError> {
        let rows = self.limited(
            Operation::Members,
            self.rows(Lane::Rest, Again::Unsafe, || {
                sqlx::query(CHANGE)
                    .bind(premises.room.as_str())
                    .bind(premises.visibility.as_str())
                    .bind(premises.actor.as_str())
                    .bind(premises.actor_role.as_str())
                    .bind(premises.subject.as_str())
                    .bind(premises.subject_role.map(Role::as_str))
                    .bind(role.map(Role::as_str))
            }),
        );
        member_change(&rows.await?)
    }

    /// Applies those of `marks` that `open` names, and notes in `states` what is settled; the rest is to be tried again.
    async fn mark(
        &self,
        marks: &[ReadMark],
        open: &[usize],
        states: &mut [Option<ReadState>],
    ) -> Result<Vec<usize>, BackendError> {
        let rooms: Vec<&str> = open.iter().map(|&p| marks[p].room.as_str()).collect();
        let users: Vec<&str> = open.iter().map(|&p| marks[p].user.as_str()).collect();
        let seqs: Vec<i64> = open.iter().map(|&p| marks[p].seq).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(MARK).bind(&rooms).bind(&users).bind(&seqs)
        });
        let mut behind = Vec::new();
        for row in &rows.await? {
            let mut columns = Columns::of(row);
            let nth: i64 = columns.take()?;
            let place = usize::try_from(nth - 1).ok().and_then(|nth| open.get(nth));
            let place = *place.ok_or_else(|| fault("an answer to nothing"))?;
            let state = ReadState {
                last_read_seq: columns.take()?,
                unread: columns.take()?,
                unread_mentions: columns.take()?,
                moved: columns.take()?,
            };
            if columns.take()? {
                behind.push(place);
            } else {
                states[place] = Some(state);
            }
        }
        Ok(behind)
    }
}

/// The `nth` of what was asked, from 1.
fn place_of<T>(nth: i64, places: &mut [T]) -> Result<&mut T, BackendError> {
    let place = usize::try_from(nth - 1)
        .ok()
        .and_then(|nth| places.get_mut(nth));
    place.ok_or_else(|| fault("an answer to nothing"))
}

/// The answer of the two functions that change a membership.
fn member_change(rows: &[PgRow]) -> Result<MemberChange, BackendError> {
    let row = rows.first().ok_or_else(|| fault("no row"))?;
    let mut columns = Columns::of(row);
    match columns.take::<&str>()? {
        "done" => columns.member().map(MemberChange::Done),
        "moved" => Ok(MemberChange::Moved),
        "last_owner" => Ok(MemberChange::LastOwner),
        "no_user" => Ok(MemberChange::NoUser),
        other => Err(fault(format!("{other:?}: an unknown verdict"))),
    }
}
