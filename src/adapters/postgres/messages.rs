//! Messages: reading them. Each reading is one statement, and so one snapshot.

use async_trait::async_trait;
use sqlx::postgres::PgRow;

use super::{
    Again, Lane, PostgresStore,
    rows::{Columns, counted_room, message_columns, room_columns},
};
use crate::{
    domain::{
        Rev,
        change::{Change, Outcome},
        id::{MessageId, RoomId, UserId},
        message::{Message, Mine},
        room::Room,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{Changes, MessageStore, Page, Place},
    },
};

/// The room, and beside it each of the messages that the inner statement finds; one row without a message if there are none.
macro_rules! room_with_messages {
    ($found:literal) => {
        concat!(
            "WITH r AS MATERIALIZED (SELECT ",
            counted_room!(),
            " FROM rooms r WHERE r.id = $1 AND r.deleted_at IS NULL) SELECT ",
            room_columns!(),
            ", r.changed_rev, ",
            message_columns!(),
            " FROM r LEFT JOIN LATERAL (",
            $found,
            ") m ON true ORDER BY m.seq"
        )
    };
}

const NEWEST: &str =
    room_with_messages!("SELECT * FROM messages WHERE room_id = r.id ORDER BY seq DESC LIMIT $2");
const BEFORE: &str = room_with_messages!(
    "SELECT * FROM messages WHERE room_id = r.id AND seq < $3 ORDER BY seq DESC LIMIT $2"
);
const AFTER: &str = room_with_messages!(
    "SELECT * FROM messages WHERE room_id = r.id AND seq > $3 ORDER BY seq LIMIT $2"
);
const AROUND: &str = room_with_messages!(
    "(SELECT * FROM messages WHERE room_id = r.id AND seq <= $3 ORDER BY seq DESC LIMIT $2) UNION ALL \
     (SELECT * FROM messages WHERE room_id = r.id AND seq > $3 ORDER BY seq LIMIT $4)"
);
/// Those that are unchanged are among the newest, no more than revisions were taken since; the others have an index.
const CHANGES: &str = room_with_messages!(
    "SELECT * FROM ( \
         SELECT * FROM ( \
             SELECT * FROM messages WHERE room_id = r.id ORDER BY seq DESC LIMIT greatest(least($2, r.rev - $3), 0) \
         ) newest WHERE rev = first_rev AND rev > $3 \
     UNION ALL ( \
         SELECT * FROM messages WHERE room_id = r.id AND rev > first_rev AND rev > $3 ORDER BY rev DESC LIMIT $2 \
     )) changed ORDER BY rev DESC LIMIT $2"
);

const ROOMS_OF: &str = "SELECT m.id, m.room_id FROM messages m \
     JOIN rooms r ON r.id = m.room_id AND r.deleted_at IS NULL WHERE m.id = ANY ($1)";
/// What under the messages `$2` is the own of `$users`.
macro_rules! mine {
    ($users:literal) => {
        concat!(
            "SELECT user_id, message_id, sum(count)::bigint, array_remove(array_agg(emoji), NULL) FROM ( \
                 SELECT user_id, message_id, count, NULL AS emoji FROM claps WHERE user_id = ",
            $users,
            " AND message_id = ANY ($2) \
                 UNION ALL \
                 SELECT user_id, message_id, 0, emoji FROM reactions WHERE user_id = ",
            $users,
            " AND message_id = ANY ($2) \
             ) own GROUP BY user_id, message_id"
        )
    };
}
const MINE_OF_ONE: &str = mine!("$1");
const MINE_OF_MANY: &str = mine!("ANY ($1)");

#[async_trait]
impl MessageStore for PostgresStore {
    async fn commit(&self, changes: &[Change]) -> Result<Vec<Outcome>, BackendError> {
        self.limited(Operation::Commit, self.commit_batch(changes))
            .await
    }

    async fn page(
        &self,
        room: &RoomId,
        place: Place,
        limit: i64,
    ) -> Result<Option<Page>, BackendError> {
        // One more than fits tells whether there is more.
        let (below, above) = place.reach(limit);
        let (below, above) = (below.saturating_add(1), above.saturating_add(1));
        let rows = self.limited(
            Operation::Messages,
            self.rows(Lane::Rest, Again::Safe, || {
                let query = |sql| sqlx::query(sql).bind(room.as_str());
                match place {
                    Place::Newest => query(NEWEST).bind(below),
                    Place::Before(seq) => query(BEFORE).bind(below).bind(seq),
                    Place::After(seq) => query(AFTER).bind(above).bind(seq),
                    Place::Around(seq) => query(AROUND).bind(below).bind(seq).bind(above),
                }
            }),
        );
        let read = read(&rows.await?)?;
        Ok(read.map(|read| Page::of(read.room, place, limit, read.messages)))
    }

    async fn changes(
        &self,
        room: &RoomId,
        since: Rev,
        limit: i64,
    ) -> Result<Option<Changes>, BackendError> {
        let since = since.max(0);
        let rows = self.limited(
            Operation::Messages,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(CHANGES)
                    .bind(room.as_str())
                    .bind(limit.saturating_add(1))
                    .bind(since)
            }),
        );
        let read = read(&rows.await?)?;
        Ok(read.map(|read| Changes::of(read.room, read.room_changed, since, limit, read.messages)))
    }

    async fn rooms_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, RoomId)>, BackendError> {
        let ids: Vec<_> = messages.iter().map(|id| id.0).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(ROOMS_OF).bind(&ids));
        let rows = self.limited(Operation::Messages, rows).await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((MessageId(columns.take()?), columns.parse(RoomId::parse)?))
        });
        found.collect()
    }

    async fn mine(
        &self,
        users: &[UserId],
        messages: &[MessageId],
    ) -> Result<Vec<(UserId, MessageId, Mine)>, BackendError> {
        let users: Vec<_> = users.iter().map(UserId::as_str).collect();
        let messages: Vec<_> = messages.iter().map(|id| id.0).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || match users[..] {
            [one] => sqlx::query(MINE_OF_ONE).bind(one).bind(&messages),
            // Planned anew for each crowd: a plan for all of them would look up each user under each message.
            _ => sqlx::query(MINE_OF_MANY)
                .persistent(false)
                .bind(&users)
                .bind(&messages),
        });
        let rows = self.limited(Operation::Messages, rows).await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            let user = columns.parse(UserId::parse)?;
            let message = MessageId(columns.take()?);
            let mine = Mine {
                claps: columns.take()?,
                emoji: columns.take()?,
            };
            Ok((user, message, mine))
        });
        found.collect()
    }
}

struct Read {
    room: Room,
    room_changed: Rev,
    messages: Vec<Message>,
}

fn read(rows: &[PgRow]) -> Result<Option<Read>, BackendError> {
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let mut columns = Columns::of(row);
    let room = columns.room()?;
    let room_changed = columns.take()?;
    let messages = rows.iter().map(|row| columns.same_place(row));
    let messages = messages
        .filter(|columns| !columns.is_null())
        .map(|mut columns| columns.message());
    Ok(Some(Read {
        room,
        room_changed,
        messages: messages.collect::<Result<_, _>>()?,
    }))
}
