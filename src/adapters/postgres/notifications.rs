//! Notifications of users. Their words are put together from what they are about, in the statement that reads them.

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, first},
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

/// How many are unread of the user `$1`.
macro_rules! unread {
    () => {
        concat!(
            "(SELECT count(*) FROM ( \
                 SELECT n.* FROM notifications n WHERE n.user_id = $1 AND n.id > coalesce( \
                     (SELECT u.notifications_read FROM users u WHERE u.id = $1), '00000000-0000-0000-0000-000000000000' \
                 ) ORDER BY n.id DESC LIMIT $2 \
             ) n LEFT JOIN rooms r ON r.id = n.room_id AND r.deleted_at IS NULL \
             LEFT JOIN members m ON m.room_id = r.id AND m.user_id = n.user_id \
             WHERE n.room_id IS NULL OR (m.user_id IS NOT NULL AND (n.seq IS NULL OR n.seq > m.last_read_seq) AND ",
            stands!(),
            "))"
        )
    };
}

/// In one order, so that several at once do not wait for each other in a circle.
const NOTIFY: &str = concat!(
    "WITH kept AS ( \
         INSERT INTO notifications (id, user_id, kind, room_id, message_id, seq, by_user, title, body, created_at) \
         SELECT a.id, u.id, a.kind, r.id, t.id, t.seq, a.by_user, a.title, a.body, a.at \
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], \
             $10::timestamptz[]) a (id, user_id, kind, room_id, message_id, content_rev, by_user, title, body, at) \
         JOIN users u ON u.id = a.user_id \
         LEFT JOIN rooms r ON r.id = a.room_id AND r.deleted_at IS NULL \
         LEFT JOIN members m ON m.room_id = r.id AND m.user_id = u.id \
         LEFT JOIN messages t ON t.id = a.message_id AND t.room_id = r.id AND t.content_rev = a.content_rev \
             AND t.deleted_at IS NULL AND t.user_id <> u.id \
         WHERE (a.room_id IS NULL OR m.user_id IS NOT NULL) AND (a.message_id IS NULL OR t.id IS NOT NULL) \
             AND (a.kind <> 'invite' OR NOT EXISTS ( \
                 SELECT 1 FROM notifications i WHERE i.user_id = u.id AND i.room_id = r.id AND i.kind = 'invite' \
                     AND i.created_at > a.at - interval '1 hour' \
             )) \
         ORDER BY t.id, u.id, a.id ON CONFLICT DO NOTHING RETURNING * \
     ), n AS ( \
         SELECT * FROM kept UNION ALL SELECT * FROM notifications WHERE id = ANY ($1) \
     ) SELECT ",
    notification_columns!(),
    " FROM n ",
    about!()
);

const PAGE: &str = concat!(
    "SELECT o.unread, ",
    notification_columns!(),
    " FROM (SELECT ",
    unread!(),
    " AS unread) o LEFT JOIN LATERAL ( \
         SELECT n.* FROM notifications n WHERE n.user_id = $1 AND ($3::uuid IS NULL OR n.id < $3) AND ",
    stands!(),
    " ORDER BY n.id DESC LIMIT $4 \
     ) n ON true ",
    about!(),
    " ORDER BY n.id DESC"
);

const MARK: &str = "WITH newest AS ( \
         SELECT id FROM notifications WHERE user_id = $1 ORDER BY id DESC LIMIT 1 \
     ) UPDATE users u SET notifications_read = least($2, newest.id) FROM newest \
     WHERE u.id = $1 AND (u.notifications_read IS NULL OR u.notifications_read < least($2, newest.id)) RETURNING u.id";
const MARKED: &str = concat!(
    "SELECT ",
    unread!(),
    ", (SELECT notifications_read FROM users WHERE id = $1)"
);

const FORGET: &str = "DELETE FROM notifications WHERE id IN ( \
         SELECT id FROM notifications WHERE id < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED \
     ) RETURNING id";

const AUTHORS: &str = "SELECT id, user_id FROM messages WHERE id = ANY ($1)";
const DIRECT: &str = "SELECT r.id, array_agg(m.user_id ORDER BY m.user_id) \
     FROM rooms r JOIN members m ON m.room_id = r.id \
     WHERE r.id = ANY ($1) AND r.visibility = 'direct' AND r.deleted_at IS NULL GROUP BY r.id";

#[async_trait]
impl NotificationStore for PostgresStore {
    async fn notify(
        &self,
        new: &[NewNotification],
    ) -> Result<Vec<(UserId, Notification)>, BackendError> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let asked = Asked::of(new);
        let rows = self.limited(
            Operation::Notifications,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(NOTIFY)
                    .bind(&asked.ids)
                    .bind(&asked.users)
                    .bind(&asked.kinds)
                    .bind(&asked.rooms)
                    .bind(&asked.messages)
                    .bind(&asked.revs)
                    .bind(&asked.by)
                    .bind(&asked.titles)
                    .bind(&asked.bodies)
                    .bind(&asked.times)
            }),
        );
        let rows = rows.await?;
        rows.iter()
            .map(|row| Columns::of(row).notification())
            .collect()
    }

    async fn notifications(
        &self,
        user: &UserId,
        before: Option<NotificationId>,
        limit: i64,
    ) -> Result<NotificationPage, BackendError> {
        let limit = limit.max(0);
        let rows = self.limited(
            Operation::Notifications,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(PAGE)
                    .bind(user.as_str())
                    .bind(COUNTED_MAX)
                    .bind(before.map(|id| id.0))
                    .bind(limit.saturating_add(1))
            }),
        );
        let rows = rows.await?;
        let mut page = NotificationPage {
            unread: first(&rows)?,
            ..NotificationPage::default()
        };
        for row in &rows {
            let mut columns = Columns::of(row);
            columns.take::<i64>()?;
            if !columns.is_null() {
                page.notifications.push(columns.notification()?.1);
            }
        }
        page.has_more = page.notifications.len() as i64 > limit;
        page.notifications.truncate(limit as usize);
        Ok(page)
    }

    async fn read_notifications(
        &self,
        user: &UserId,
        up_to: NotificationId,
    ) -> Result<NotificationsRead, BackendError> {
        self.limited(Operation::Notifications, async {
            let moved = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(MARK).bind(user.as_str()).bind(up_to.0)
            });
            let moved = !moved.await?.is_empty();
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(MARKED).bind(user.as_str()).bind(COUNTED_MAX)
            });
            let rows = rows.await?;
            let row = rows.first().ok_or_else(|| fault("no row"))?;
            let mut columns = Columns::of(row);
            Ok(NotificationsRead {
                unread: columns.take()?,
                up_to: columns.take::<Option<Uuid>>()?.map(NotificationId),
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
        let before = NotificationId::first_at(before);
        let rows = self.limited(
            Operation::Notifications,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(FORGET).bind(before.0).bind(limit.max(0))
            }),
        );
        Ok(rows.await?.len() as u64)
    }

    async fn authors_of(
        &self,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, UserId)>, BackendError> {
        let ids: Vec<Uuid> = messages.iter().map(|id| id.0).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(AUTHORS).bind(&ids));
        let rows = self.limited(Operation::Notifications, rows).await?;
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
        let ids: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(DIRECT).bind(&ids));
        let rows = self.limited(Operation::Notifications, rows).await?;
        let found = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            let room = columns.parse(RoomId::parse)?;
            let members: Vec<String> = columns.take()?;
            let members = members.iter().map(|id| UserId::parse(id));
            let members = members.collect::<Result<_, _>>();
            Ok((room, members.map_err(|error| fault(error.to_string()))?))
        });
        found.collect()
    }
}

/// New notifications, a column each.
#[derive(Default)]
struct Asked<'a> {
    ids: Vec<Uuid>,
    users: Vec<&'a str>,
    kinds: Vec<&'a str>,
    rooms: Vec<Option<&'a str>>,
    messages: Vec<Option<Uuid>>,
    revs: Vec<Option<i64>>,
    by: Vec<Option<&'a str>>,
    titles: Vec<Option<&'a str>>,
    bodies: Vec<Option<&'a str>>,
    times: Vec<time::OffsetDateTime>,
}

impl<'a> Asked<'a> {
    fn of(new: &'a [NewNotification]) -> Self {
        let mut asked = Self::default();
        for one in new {
            let (mut room, mut message, mut rev, mut by) = (None, None, None, None);
            let (mut title, mut body) = (None, None);
            match &one.about {
                About::Message {
                    room_id,
                    message_id,
                    content_rev,
                    ..
                } => {
                    room = Some(room_id.as_str());
                    message = Some(message_id.0);
                    rev = Some(*content_rev);
                }
                About::Invite { room_id, by: who } => {
                    room = Some(room_id.as_str());
                    by = Some(who.as_str());
                }
                About::Custom {
                    title: line,
                    body: rest,
                } => {
                    title = Some(line.as_str());
                    body = Some(rest.as_str());
                }
            }
            asked.ids.push(one.id.0);
            asked.users.push(one.user_id.as_str());
            asked.kinds.push(one.about.kind().as_str());
            asked.rooms.push(room);
            asked.messages.push(message);
            asked.revs.push(rev);
            asked.by.push(by);
            asked.titles.push(title);
            asked.bodies.push(body);
            asked.times.push(one.at.to_datetime());
        }
        asked
    }
}
