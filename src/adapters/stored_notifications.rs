//! What both stores keep of a notification in the same words.

use uuid::Uuid;

use super::columns::{Columns, Rows};
use crate::{
    domain::{
        id::{MessageId, NotificationId, RoomId, UserId},
        notification::{Matter, Notification, NotificationKind},
        room::Visibility,
    },
    ports::BackendError,
};

/// The columns of a notification, of what [`about`] joins; see [`Columns::notification`].
macro_rules! notification_columns {
    () => {
        "n.id, n.user_id, n.kind, n.room_id, n.message_id, n.created_at, \
         coalesce(r.deleted_at IS NULL AND (r.visibility = 'public' OR m.user_id IS NOT NULL), false), \
         r.name, r.visibility, t.username, substr(t.content, 1, 200), w.username, n.title, n.body"
    };
}
pub(super) use notification_columns;

/// What `n`, a notification, is about.
macro_rules! about {
    () => {
        "LEFT JOIN rooms r ON r.id = n.room_id \
         LEFT JOIN members m ON m.room_id = n.room_id AND m.user_id = n.user_id \
         LEFT JOIN messages t ON t.room_id = n.room_id AND t.seq = n.seq \
         LEFT JOIN users w ON w.id = n.by_user"
    };
}
pub(super) use about;

/// Whether `n`, a notification, still stands: what it is about is not deleted, and if that was edited and names the user no more, it
/// concerns them for another reason.
macro_rules! stands {
    () => {
        "(n.seq IS NULL OR EXISTS ( \
             SELECT 1 FROM messages s WHERE s.room_id = n.room_id AND s.seq = n.seq AND s.deleted_at IS NULL AND ( \
                 n.kind <> 'mention' OR s.edited_at IS NULL \
                 OR EXISTS (SELECT 1 FROM mentions x WHERE x.room_id = n.room_id AND x.user_id = n.user_id AND x.seq = n.seq) \
                 OR EXISTS (SELECT 1 FROM messages q WHERE q.id = s.reply_to AND q.user_id = n.user_id) \
                 OR EXISTS (SELECT 1 FROM rooms d WHERE d.id = n.room_id AND d.visibility = 'direct') \
             ) \
         ))"
    };
}
pub(super) use stands;

impl<D: Rows> Columns<'_, D> {
    /// Takes the columns of a notification: whose it is, and as they see it.
    pub(super) fn notification(&mut self) -> Result<(UserId, Notification), BackendError> {
        let id = NotificationId(self.take()?);
        let user = self.parse(UserId::parse)?;
        let kind = self.word(NotificationKind::parse)?;
        let room_id = self.maybe(RoomId::parse)?;
        let message_id = self.take::<Option<Uuid>>()?.map(MessageId);
        let created_at = self.time()?;
        let is_visible: bool = self.take()?;
        let room: Option<String> = self.take()?;
        let visibility = self.maybe_word(Visibility::parse)?;
        let author: Option<String> = self.take()?;
        let text: Option<String> = self.take()?;
        let by: Option<String> = self.take()?;
        let title: Option<String> = self.take()?;
        let body: Option<String> = self.take()?;
        let matter = match (room, author) {
            (None, _) => Matter::Custom {
                title: title.unwrap_or_default(),
                body: body.unwrap_or_default(),
            },
            (Some(_), _) if !is_visible => Matter::Hidden,
            (Some(room), Some(author)) => Matter::Message {
                author,
                room: (visibility != Some(Visibility::Direct)).then_some(room),
                text: text.unwrap_or_default(),
            },
            (Some(room), None) => Matter::Invite {
                by: by.unwrap_or_default(),
                room,
            },
        };
        let (title, body) = matter.words(kind);
        let notification = Notification {
            id,
            kind,
            room_id,
            message_id,
            title,
            body,
            created_at,
        };
        Ok((user, notification))
    }
}
