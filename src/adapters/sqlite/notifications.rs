//! Notifications of users. Their words are put together from what they are about, in the statement that reads them.

use async_trait::async_trait;
use serde_json::{Value, json as value};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{
    SqliteStore, commit, fetch,
    rows::{Columns, hex, json},
    translate,
};
use crate::{
    adapters::stored_notifications::{about, notification_columns, stands},
    domain::{
        id::{MessageId, NotificationId, RoomId, UserId},
        notification::Notification,
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        store::{
            About, COUNTED_MAX, NewNotification, NotificationPage, NotificationStore,
            NotificationsRead,
        },
    },
};

/// The notifications that `$picked` has as `n`, with what they are about; see [`Columns::notification`].
macro_rules! seen {
    ($picked:expr) => {
        concat!(
            "SELECT ",
            notification_columns!(),
            " FROM (",
            $picked,
            ") n ",
            about!(),
            " ORDER BY n.id DESC"
        )
    };
}

/// Of `[id, user, kind, room, message, contentRev, by, title, body, time]`s.
const NOTIFY: &str = "INSERT INTO notifications (id, user_id, kind, room_id, message_id, seq, by_user, title, body, created_at) \
     SELECT a.id, u.id, a.kind, r.id, t.id, t.seq, a.by_user, a.title, a.body, a.at FROM ( \
         SELECT unhex(value ->> 0) AS id, value ->> 1 AS user_id, value ->> 2 AS kind, value ->> 3 AS room_id, \
             unhex(value ->> 4) AS message_id, value ->> 5 AS content_rev, value ->> 6 AS by_user, value ->> 7 AS title, \
             value ->> 8 AS body, value ->> 9 AS at FROM json_each(?1) \
     ) a JOIN users u ON u.id = a.user_id \
     LEFT JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL \
     LEFT JOIN members m ON m.room_id = r.id AND m.user_id = u.id \
     LEFT JOIN messages t ON t.id = a.message_id AND t.room_id = r.id AND t.content_rev = a.content_rev \
         AND t.deleted_at IS NULL AND t.user_id <> u.id \
     WHERE (a.room_id IS NULL OR m.user_id IS NOT NULL) AND (a.message_id IS NULL OR t.id IS NOT NULL) \
         AND (a.kind <> 'invite' OR NOT EXISTS ( \
             SELECT 1 FROM notifications i WHERE i.user_id = u.id AND i.room_id = r.id AND i.kind = 'invite' \
                 AND i.created_at > a.at - 3600000 \
         )) \
     ON CONFLICT DO NOTHING";
const KEPT: &str =
    seen!("SELECT * FROM notifications WHERE id IN (SELECT unhex(value) FROM json_each(?1))");
const PAGE: &str = seen!(concat!(
    "SELECT n.* FROM notifications n WHERE n.user_id = ?1 AND (?2 IS NULL OR n.id < ?2) AND ",
    stands!(),
    " ORDER BY n.id DESC LIMIT ?3"
));
/// The user's mark, and how many are unread.
const MARKED: &str = concat!(
    "SELECT u.notifications_read, (SELECT count(*) FROM ( \
         SELECT n.* FROM notifications n WHERE n.user_id = u.id AND n.id > coalesce(u.notifications_read, x'') \
         ORDER BY n.id DESC LIMIT ?2 \
     ) n LEFT JOIN rooms r ON r.id = n.room_id AND r.deleted_at IS NULL \
     LEFT JOIN members m ON m.room_id = r.id AND m.user_id = n.user_id \
     WHERE n.room_id IS NULL OR (m.user_id IS NOT NULL AND (n.seq IS NULL OR n.seq > m.last_read_seq) AND ",
    stands!(),
    ")) FROM users u WHERE u.id = ?1"
);
const MARK: &str = "UPDATE users SET notifications_read = min(?2, newest.id) FROM ( \
         SELECT id FROM notifications WHERE user_id = ?1 ORDER BY id DESC LIMIT 1 \
     ) newest WHERE users.id = ?1 AND coalesce(users.notifications_read, x'') < min(?2, newest.id) RETURNING users.id";
const FORGET: &str = "DELETE FROM notifications WHERE id IN ( \
         SELECT id FROM notifications WHERE id < ?1 ORDER BY id LIMIT ?2 \
     ) RETURNING id";

const AUTHORS: &str =
    "SELECT m.id, m.user_id FROM json_each(?1) k JOIN messages m ON m.id = unhex(k.value)";
const DIRECT: &str = "SELECT r.id, json_group_array(m.user_id) FROM rooms r JOIN members m ON m.room_id = r.id \
     WHERE r.id IN (SELECT value FROM json_each(?1)) AND r.visibility = 'direct' AND r.deleted_at IS NULL GROUP BY r.id";

#[async_trait]
impl NotificationStore for SqliteStore {
    async fn notify(
        &self,
        new: &[NewNotification],
    ) -> Result<Vec<(UserId, Notification)>, BackendError> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let asked = json(&new.iter().map(row).collect::<Vec<_>>())?;
        let ids: Vec<String> = new.iter().map(|one| hex(one.id.0)).collect();
        let ids = json(&ids)?;
        self.limited(Operation::Notifications, async {
            let mut transaction = self.begin().await?;
            fetch(&mut transaction, sqlx::query(NOTIFY).bind(asked)).await?;
            let rows = fetch(&mut transaction, sqlx::query(KEPT).bind(ids)).await?;
            commit(transaction).await?;
            rows.iter()
                .map(|row| Columns::of(row).notification())
                .collect()
        })
        .await
    }

    async fn notifications(
        &self,
        user: &UserId,
        before: Option<NotificationId>,
        limit: i64,
    ) -> Result<NotificationPage, BackendError> {
        let limit = limit.max(0);
        self.limited(Operation::Notifications, async {
            let mut snapshot = self.readers.begin().await.map_err(translate)?;
            let page = sqlx::query(PAGE)
                .bind(user.as_str())
                .bind(before.map(|id| id.0))
                .bind(limit.saturating_add(1));
            let rows = fetch(&mut snapshot, page).await?;
            let (_, unread) = marked(&fetch(&mut snapshot, asks_mark(user)).await?)?;
            snapshot.rollback().await.map_err(translate)?;
            let notifications = rows.iter().take(limit as usize);
            let notifications = notifications.map(|row| Ok(Columns::of(row).notification()?.1));
            Ok(NotificationPage {
                notifications: notifications.collect::<Result<_, _>>()?,
                unread,
                has_more: rows.len() as i64 > limit,
            })
        })
        .await
    }

    async fn read_notifications(
        &self,
        user: &UserId,
        up_to: NotificationId,
    ) -> Result<NotificationsRead, BackendError> {
        self.limited(Operation::Notifications, async {
            let mut transaction = self.begin().await?;
            let mark = sqlx::query(MARK).bind(user.as_str()).bind(up_to.0);
            let moved = !fetch(&mut transaction, mark).await?.is_empty();
            let (up_to, unread) = marked(&fetch(&mut transaction, asks_mark(user)).await?)?;
            commit(transaction).await?;
            Ok(NotificationsRead {
                up_to,
                unread,
                moved,
            })
        })
        .await
    }

    async fn forget_notifications(
        &self,
        before: Timestamp,
        limit: i64,
    ) -> Result<u64, BackendError> {
        let query = sqlx::query(FORGET)
            .bind(NotificationId::first_at(before).0)
            .bind(limit.max(0));
        self.limited(Operation::Notifications, async {
            let mut transaction = self.begin().await?;
            let gone = fetch(&mut transaction, query).await?.len();
            commit(transaction).await?;
            Ok(gone as u64)
        })
        .await
    }

    async fn authors_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, UserId)>, BackendError> {
        let ids: Vec<String> = messages.iter().map(|id| hex(id.0)).collect();
        let query = sqlx::query(AUTHORS).bind(json(&ids)?);
        let rows = self
            .limited(Operation::Notifications, self.read(query))
            .await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((MessageId(columns.take()?), columns.parse(UserId::parse)?))
        });
        found.collect()
    }

    async fn direct_rooms(
        &self,
        rooms: &[RoomId],
    ) -> Result<Vec<(RoomId, Vec<UserId>)>, BackendError> {
        let query = sqlx::query(DIRECT).bind(json(rooms)?);
        let rows = self
            .limited(Operation::Notifications, self.read(query))
            .await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            Ok((columns.parse(RoomId::parse)?, columns.list()?))
        });
        found.collect()
    }
}

fn asks_mark(user: &UserId) -> super::Query<'_> {
    sqlx::query(MARKED).bind(user.as_str()).bind(COUNTED_MAX)
}

/// What [`MARKED`] answers; nothing for a user that there is not.
fn marked(rows: &[SqliteRow]) -> Result<(Option<NotificationId>, i64), BackendError> {
    let Some(row) = rows.first() else {
        return Ok((None, 0));
    };
    let mut columns = Columns::of(row);
    let up_to = columns.take::<Option<Uuid>>()?.map(NotificationId);
    Ok((up_to, columns.take()?))
}

/// A new notification as [`NOTIFY`] takes it.
fn row(new: &NewNotification) -> Value {
    let (id, user, kind) = (hex(new.id.0), &new.user_id, new.about.kind().as_str());
    let at = new.at.as_millis();
    match &new.about {
        About::Message {
            room_id,
            message_id,
            content_rev,
            ..
        } => {
            let message = hex(message_id.0);
            value!([
                id,
                user,
                kind,
                room_id,
                message,
                content_rev,
                null,
                null,
                null,
                at
            ])
        }
        About::Invite { room_id, by } => {
            value!([id, user, kind, room_id, null, null, by, null, null, at])
        }
        About::Custom { title, body } => {
            value!([id, user, kind, null, null, null, null, title, body, at])
        }
    }
}
