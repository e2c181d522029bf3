//! Who is notified of a message: whom it mentions, whom it answers, and the other one in a direct room.

use std::{collections::HashMap, sync::Arc};

use indexmap::IndexMap;
use parking_lot::Mutex;

use crate::{
    commit::together::Together,
    domain::{
        error::Problem,
        id::{NotificationId, RoomId, UserId},
        job::EnrichMessage,
        notification::NotificationKind,
        timestamp::Timestamp,
    },
    jobs::JobError,
    ports::{
        BackendError,
        store::{About, NewNotification, Store},
    },
    protocol::server_event::personal,
    room::tracker::Telling,
};

/// How many rooms are remembered; then all are forgotten, and each costs a question again.
const ROOMS_MAX: usize = 16_384;
/// Notifications kept in one call.
const KEPT_AT_ONCE: usize = 1_000;
/// Notifications told in one piece of news.
const TOLD_AT_ONCE: usize = 64;

/// Keeps the notifications of messages, those of many at once, and tells the users of them.
pub struct Notices {
    store: Arc<dyn Store>,
    keeping: Together<Vec<NewNotification>, ()>,
    /// The members of the rooms that are direct; none of those that are not. Neither ever changes.
    direct: Mutex<HashMap<RoomId, Option<Arc<[UserId]>>>>,
}

impl Notices {
    /// Starts taking notifications; ends with the last hold on it.
    pub fn start(store: Arc<dyn Store>, telling: Telling) -> Arc<Self> {
        let keeper = store.clone();
        let keeping = Together::start(move |asked: Vec<Vec<NewNotification>>| {
            let (store, telling) = (keeper.clone(), telling.clone());
            async move {
                let answers = vec![(); asked.len()];
                let new: Vec<NewNotification> = asked.into_iter().flatten().collect();
                for some in new.chunks(KEPT_AT_ONCE) {
                    let kept = store.notify(some).await.map_err(BackendError::told)?;
                    for some in kept.chunks(TOLD_AT_ONCE) {
                        let told = some.iter();
                        let told = told.map(|(user, it)| personal(user, "notification", it));
                        telling.tell(told.collect());
                    }
                }
                Ok(answers)
            }
        });
        Arc::new(Self {
            store,
            keeping,
            direct: Mutex::default(),
        })
    }

    /// The notifications of a message that mentions these people: one for each user whom it concerns, but for its author. None of a
    /// job that does not say whose message it is. No question is asked of the store for a message that answers nothing, in a room
    /// that is remembered.
    pub(super) async fn due(
        &self,
        text: &EnrichMessage,
        mentions: &[UserId],
    ) -> Result<Vec<NewNotification>, BackendError> {
        let Some(author) = &text.user_id else {
            return Ok(Vec::new());
        };
        // Of several reasons the first counts.
        let mut whom: IndexMap<UserId, NotificationKind> = mentions
            .iter()
            .map(|user| (user.clone(), NotificationKind::Mention))
            .collect();
        if let Some(answered) = text.reply_to {
            for (_, user) in self.store.authors_of(&[answered]).await? {
                whom.entry(user).or_insert(NotificationKind::Reply);
            }
        }
        if let Some(pair) = self.pair(&text.room_id).await? {
            for user in pair.iter() {
                whom.entry(user.clone()).or_insert(NotificationKind::Direct);
            }
        }
        whom.shift_remove(author);
        let at = Timestamp::now();
        let new = whom.into_iter().map(|(user_id, kind)| NewNotification {
            id: NotificationId::fresh(),
            user_id,
            about: About::Message {
                kind,
                room_id: text.room_id.clone(),
                message_id: text.message_id,
                content_rev: text.content_rev,
            },
            at,
        });
        Ok(new.collect())
    }

    /// Keeps them, and tells those users who had none about the message. Done again, it changes nothing and tells nobody.
    pub(super) async fn keep(&self, new: Vec<NewNotification>) -> Result<(), JobError> {
        let again = |problem: Problem| JobError::Again(problem.message);
        let asked = self.keeping.ask(new).map_err(again)?;
        asked.answer().await.map_err(again)
    }

    /// The members of a room, if it is a direct one.
    async fn pair(&self, room: &RoomId) -> Result<Option<Arc<[UserId]>>, BackendError> {
        if let Some(known) = self.direct.lock().get(room) {
            return Ok(known.clone());
        }
        let found = self.store.direct_rooms(std::slice::from_ref(room)).await?;
        let pair = found.into_iter().next().map(|(_, members)| members.into());
        let mut direct = self.direct.lock();
        if direct.len() >= ROOMS_MAX {
            direct.clear();
        }
        direct.insert(room.clone(), pair.clone());
        Ok(pair)
    }
}
