//! Members: coming, going, roles, and what they have read.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteStore, commit, fault, fetch,
    rooms::create,
    rows::{Columns, account_columns, counted_room, json, room_columns, standing_columns},
};
use crate::{
    domain::{
        account::Account,
        id::{RoomId, UserId},
        room::{Member, Role, RoomView},
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{Entered, Entry, MemberChange, MemberStore, Premises, ReadMark, ReadState},
    },
};

/// Lets in who may come: of `[room, user, time]`s.
const LET_IN: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT r.id, u.id, 'member', a.value ->> 2, r.last_seq FROM json_each(?1) a \
     JOIN rooms r ON r.id = a.value ->> 0 JOIN users u ON u.id = a.value ->> 1 \
     WHERE r.visibility = 'public' AND r.deleted_at IS NULL ON CONFLICT (room_id, user_id) DO NOTHING";
/// Those of `[room, user, time]`s who are members, with their place in the list.
const ENTERED: &str = concat!(
    "WITH a AS MATERIALIZED ( \
         SELECT key AS place, value ->> 0 AS room_id, value ->> 1 AS user_id FROM json_each(?1) \
     ), r AS MATERIALIZED ( \
         SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id IN (SELECT room_id FROM a) AND r.deleted_at IS NULL \
     ) SELECT a.place, ",
    room_columns!(),
    ", ",
    standing_columns!(),
    " FROM a JOIN r ON r.id = a.room_id JOIN members m ON m.room_id = a.room_id AND m.user_id = a.user_id"
);

const MEMBER: &str = concat!(
    "SELECT ",
    room_columns!(),
    ", ",
    standing_columns!(),
    ", s.role FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL) r \
     LEFT JOIN members m ON m.room_id = r.id AND m.user_id = ?2 \
     LEFT JOIN members s ON s.room_id = r.id AND s.user_id = ?3"
);
const MEMBERS: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", m.role, m.joined_at FROM members m JOIN users u ON u.id = m.user_id \
     WHERE m.room_id = ?1 AND m.user_id > coalesce(?2, '') \
     AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL) \
     ORDER BY m.user_id LIMIT ?3"
);
const AMONG: &str = "SELECT m.user_id FROM members m \
     WHERE m.room_id = ?1 AND m.user_id IN (SELECT value FROM json_each(?2)) \
     AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL)";
const NAMED: &str = concat!(
    "SELECT ",
    account_columns!(),
    " FROM users u JOIN members m ON m.user_id = u.id \
     WHERE m.room_id = ?1 AND u.username_key IN (SELECT value FROM json_each(?2)) \
     AND EXISTS (SELECT 1 FROM rooms r WHERE r.id = ?1 AND r.deleted_at IS NULL)"
);

/// Whether the room and the actor's membership are as they were: room, visibility, actor, role.
const HOLDS: &str = "SELECT 1 FROM rooms r JOIN members a ON a.room_id = r.id AND a.user_id = ?3 AND a.role = ?4 \
     WHERE r.id = ?1 AND r.deleted_at IS NULL AND r.visibility = ?2";
/// The account of a user, and their membership if they are a member.
const SUBJECT: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", s.role, s.joined_at FROM users u LEFT JOIN members s ON s.user_id = u.id AND s.room_id = ?1 WHERE u.id = ?2"
);
/// Whether there is another owner, and whether there is anybody else at all.
const OTHERS: &str = "SELECT EXISTS (SELECT 1 FROM members WHERE room_id = ?1 AND user_id <> ?2 AND role = 'owner'), \
     EXISTS (SELECT 1 FROM members WHERE room_id = ?1 AND user_id <> ?2)";
const ADD: &str = "INSERT INTO members (room_id, user_id, role, joined_at, last_read_seq) \
     SELECT id, ?2, ?3, ?4, last_seq FROM rooms WHERE id = ?1";
const SET_ROLE: &str = "UPDATE members SET role = ?3 WHERE room_id = ?1 AND user_id = ?2";
const REMOVE: &str = "DELETE FROM members WHERE room_id = ?1 AND user_id = ?2";
const REVOKE_ACCESS: &str = "UPDATE rooms SET access_rev = access_rev + 1 WHERE id = ?1";

/// For each of `[room, user, seq]`s that is of a member: its place, how far they are to have read, and how far they have.
const TARGETS: &str = "WITH a AS MATERIALIZED ( \
         SELECT key AS place, value ->> 0 AS room_id, value ->> 1 AS user_id, \
             max(value ->> 2) OVER (PARTITION BY value ->> 0, value ->> 1) AS seq FROM json_each(?1) \
     ) SELECT a.place, min(a.seq, r.last_seq) > m.last_read_seq, m.last_read_seq, r.last_seq - m.last_read_seq, ( \
         SELECT count(*) FROM mentions x WHERE x.room_id = m.room_id AND x.user_id = m.user_id AND x.seq > m.last_read_seq \
     ) FROM a JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL \
     JOIN members m ON m.room_id = a.room_id AND m.user_id = a.user_id";
const MARK: &str = "UPDATE members SET last_read_seq = s.seq FROM ( \
         SELECT a.room_id, a.user_id, min(a.seq, r.last_seq) AS seq FROM ( \
             SELECT value ->> 0 AS room_id, value ->> 1 AS user_id, max(value ->> 2) AS seq FROM json_each(?1) \
             GROUP BY value ->> 0, value ->> 1 \
         ) a JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL \
     ) s WHERE members.room_id = s.room_id AND members.user_id = s.user_id AND members.last_read_seq < s.seq";

#[async_trait]
impl MemberStore for SqliteStore {
    async fn join(&self, entries: &[Entry]) -> Result<Vec<Entered>, BackendError> {
        self.limited(Operation::Members, async {
            let mut entered: Vec<Entered> = Vec::new();
            entered.resize_with(entries.len(), || Entered::NoRoom);
            // Most are members already, and need no write.
            let list = json(&entries.iter().map(triple).collect::<Vec<_>>())?;
            let rows = self.read(sqlx::query(ENTERED).bind(&*list)).await?;
            note(&rows, &mut entered)?;
            if entered.iter().all(|it| matches!(it, Entered::Member(_))) {
                return Ok(entered);
            }
            let mut transaction = self.begin().await?;
            for (entry, entered) in entries.iter().zip(&entered) {
                if entry.create && matches!(entered, Entered::NoRoom) {
                    create(&mut transaction, &entry.new_room()).await?;
                }
            }
            fetch(&mut transaction, sqlx::query(LET_IN).bind(&*list)).await?;
            let rows = fetch(&mut transaction, sqlx::query(ENTERED).bind(&*list)).await?;
            commit(transaction).await?;
            note(&rows, &mut entered)?;
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
        let query = sqlx::query(MEMBER)
            .bind(room.as_str())
            .bind(asker.as_str())
            .bind(subject.as_str());
        let rows = self.limited(Operation::Members, self.read(query)).await?;
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
        let query = sqlx::query(MEMBERS)
            .bind(room.as_str())
            .bind(after.map(UserId::as_str))
            .bind(limit.max(0));
        let rows = self.limited(Operation::Members, self.read(query)).await?;
        rows.iter().map(|row| Columns::of(row).member()).collect()
    }

    async fn add_member(
        &self,
        premises: &Premises,
        role: Role,
        at: Timestamp,
    ) -> Result<MemberChange, BackendError> {
        self.change_member(premises, Wish::Add(role, at)).await
    }

    async fn set_role(
        &self,
        premises: &Premises,
        role: Role,
    ) -> Result<MemberChange, BackendError> {
        self.change_member(premises, Wish::Role(role)).await
    }

    async fn remove_member(&self, premises: &Premises) -> Result<MemberChange, BackendError> {
        self.change_member(premises, Wish::Remove).await
    }

    async fn members_among(
        &self,
        room: &RoomId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, BackendError> {
        let query = sqlx::query(AMONG).bind(room.as_str()).bind(json(users)?);
        let rows = self.limited(Operation::Members, self.read(query)).await?;
        rows.iter()
            .map(|row| Columns::of(row).parse(UserId::parse))
            .collect()
    }

    async fn mark_read(&self, marks: &[ReadMark]) -> Result<Vec<Option<ReadState>>, BackendError> {
        let list: Vec<_> = marks
            .iter()
            .map(|mark| (&mark.room, &mark.user, mark.seq))
            .collect();
        let list = json(&list)?;
        self.limited(Operation::Members, async {
            // Often there is nothing to be moved, and nothing to write.
            let rows = self.read(sqlx::query(TARGETS).bind(&*list)).await?;
            let mut read = ReadStates::of(marks.len());
            if !read.take(&rows)? {
                return Ok(read.states);
            }
            let mut transaction = self.begin().await?;
            let mut read = ReadStates::of(marks.len());
            let rows = fetch(&mut transaction, sqlx::query(TARGETS).bind(&*list)).await?;
            read.take(&rows)?;
            fetch(&mut transaction, sqlx::query(MARK).bind(&*list)).await?;
            let rows = fetch(&mut transaction, sqlx::query(TARGETS).bind(&*list)).await?;
            commit(transaction).await?;
            read.take(&rows)?;
            Ok(read.states)
        })
        .await
    }

    async fn members_named(
        &self,
        room: &RoomId,
        names: &[String],
    ) -> Result<Vec<Account>, BackendError> {
        let query = sqlx::query(NAMED).bind(room.as_str()).bind(json(names)?);
        let rows = self.limited(Operation::Members, self.read(query)).await?;
        rows.iter().map(|row| Columns::of(row).account()).collect()
    }
}

/// What is to become of a membership.
#[derive(Clone, Copy)]
enum Wish {
    Add(Role, Timestamp),
    Role(Role),
    Remove,
}

impl SqliteStore {
    async fn change_member(
        &self,
        premises: &Premises,
        wish: Wish,
    ) -> Result<MemberChange, BackendError> {
        let (room, subject) = (premises.room.as_str(), premises.subject.as_str());
        let about = |sql| sqlx::query(sql).bind(room).bind(subject);
        if matches!(wish, Wish::Add(..)) != premises.subject_role.is_none() {
            return Ok(MemberChange::Moved);
        }
        self.limited(Operation::Members, async {
            // Nothing else writes until it ends; dropped on the way, it has changed nothing.
            let mut transaction = self.begin().await?;
            let holds = sqlx::query(HOLDS)
                .bind(room)
                .bind(premises.visibility.as_str())
                .bind(premises.actor.as_str())
                .bind(premises.actor_role.as_str());
            if fetch(&mut transaction, holds).await?.is_empty() {
                return Ok(MemberChange::Moved);
            }
            let rows = fetch(&mut transaction, about(SUBJECT)).await?;
            let Some(row) = rows.first() else {
                return Ok(match wish {
                    Wish::Add(..) => MemberChange::NoUser,
                    Wish::Role(_) | Wish::Remove => MemberChange::Moved,
                });
            };
            let mut columns = Columns::of(row);
            let account = columns.account()?;
            let now = columns.maybe_word(Role::parse)?;
            let joined_at = columns.maybe_time()?;
            if now != premises.subject_role {
                return Ok(MemberChange::Moved);
            }
            let (write, role, joined_at) = match (wish, now, joined_at) {
                (Wish::Add(role, at), None, _) => {
                    let add = about(ADD).bind(role.as_str()).bind(at.as_millis());
                    (add, role, at)
                }
                (Wish::Role(role), Some(_), Some(at)) => {
                    (about(SET_ROLE).bind(role.as_str()), role, at)
                }
                (Wish::Remove, Some(role), Some(at)) => (about(REMOVE), role, at),
                _ => return Ok(MemberChange::Moved),
            };
            let removes = matches!(wish, Wish::Remove);
            if now == Some(Role::Owner) && (removes || role != Role::Owner) {
                let rows = fetch(&mut transaction, about(OTHERS)).await?;
                let row = rows.first().ok_or_else(|| fault("no row"))?;
                let mut columns = Columns::of(row);
                let (owner, anybody): (bool, bool) = (columns.take()?, columns.take()?);
                if !owner && (anybody || !removes) {
                    return Ok(MemberChange::LastOwner);
                }
            }
            fetch(&mut transaction, write).await?;
            if removes {
                fetch(&mut transaction, sqlx::query(REVOKE_ACCESS).bind(room)).await?;
            }
            commit(transaction).await?;
            Ok(MemberChange::Done(Member {
                account,
                role,
                joined_at,
            }))
        })
        .await
    }
}

/// What marks come to, read before and after they are applied.
struct ReadStates {
    states: Vec<Option<ReadState>>,
}

impl ReadStates {
    fn of(marks: usize) -> Self {
        Self {
            states: vec![None; marks],
        }
    }

    /// Takes what [`TARGETS`] found; whether any position is to be moved. `moved` compares with what was taken before.
    fn take(&mut self, rows: &[SqliteRow]) -> Result<bool, BackendError> {
        let mut any = false;
        for row in rows {
            let mut columns = Columns::of(row);
            let place: i64 = columns.take()?;
            let place = usize::try_from(place)
                .ok()
                .and_then(|at| self.states.get_mut(at));
            let place = place.ok_or_else(|| fault("an answer to nothing"))?;
            any |= columns.take::<bool>()?;
            let last_read_seq = columns.take()?;
            let moved = place.is_some_and(|before| before.last_read_seq < last_read_seq);
            *place = Some(ReadState {
                last_read_seq,
                unread: columns.take()?,
                unread_mentions: columns.take()?,
                moved,
            });
        }
        Ok(any)
    }
}

fn triple(entry: &Entry) -> (&str, &str, i64) {
    let at = entry.at.as_millis();
    (entry.room.as_str(), entry.user.as_str(), at)
}

fn note(rows: &[SqliteRow], entered: &mut [Entered]) -> Result<(), BackendError> {
    for row in rows {
        let mut columns = Columns::of(row);
        let place: i64 = columns.take()?;
        let place = usize::try_from(place)
            .ok()
            .and_then(|at| entered.get_mut(at));
        let place = place.ok_or_else(|| fault("an answer to nothing"))?;
        *place = Entered::Member(Box::new(columns.view()?));
    }
    Ok(())
}
