//! Who is notified of a message: whom it mentions, whom it answers, and the other one in a direct room.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use indexmap::IndexMap;
use parking_lot::Mutex;

use crate::{
    commit::together::Together,
    domain::{
        error::Problem,
        generations::Generations,
        id::{MessageId, NotificationId, RoomId, UserId},
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

/// Rooms in one generation; two are remembered, and one that is not costs a question.
const ROOMS: usize = 16_384;
/// Notifications kept in one call.
const KEPT_AT_ONCE: usize = 1_000;
/// Notifications told in one piece of news.
const TOLD_AT_ONCE: usize = 64;

/// The members of a direct room; none if it is not one.
type Pair = Option<Arc<[UserId]>>;

/// Keeps the notifications of messages, and tells the users of them. Whatever it asks the store for many messages at once, it asks
/// together.
pub struct Notices {
    pairs: Together<RoomId, Pair>,
    authors: Together<MessageId, Option<UserId>>,
    keeping: Together<Vec<NewNotification>, ()>,
    /// Rooms that have been asked for: whether one is direct never changes, nor who is in it.
    known: Mutex<Generations<RoomId, Pair>>,
}

impl Notices {
    /// Starts taking notifications; ends with the last hold on it.
    pub fn start(store: Arc<dyn Store>, telling: Telling) -> Arc<Self> {
        Arc::new(Self {
            pairs: pairs(store.clone()),
            authors: authors(store.clone()),
            keeping: keeping(store, telling),
            known: Mutex::new(Generations::of(ROOMS)),
        })
    }

    /// The notifications of a message that mentions these people: one for each user whom it concerns, but for its author. None of a
    /// job that does not say whose message it is. No question is asked of the store for a message that answers nothing, in a room
    /// that is remembered.
    pub async fn due(
        &self,
        text: &EnrichMessage,
        mentions: &[UserId],
    ) -> Result<Vec<NewNotification>, JobError> {
        let Some(author) = &text.user_id else {
            return Ok(Vec::new());
        };
        // Of several reasons the first counts.
        let mut whom: IndexMap<UserId, NotificationKind> = mentions
            .iter()
            .map(|user| (user.clone(), NotificationKind::Mention))
            .collect();
        if let Some(answered) = text.reply_to
            && let Some(user) = ask(&self.authors, answered).await?
        {
            whom.entry(user).or_insert(NotificationKind::Reply);
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
    pub async fn keep(&self, new: Vec<NewNotification>) -> Result<(), JobError> {
        ask(&self.keeping, new).await
    }

    /// The members of a room, if it is a direct one.
    async fn pair(&self, room: &RoomId) -> Result<Pair, JobError> {
        if let Some(known) = self.known.lock().get(room) {
            return Ok(known);
        }
        let pair = ask(&self.pairs, room.clone()).await?;
        self.known.lock().insert(room.clone(), pair.clone());
        Ok(pair)
    }
}

async fn ask<Q: Send + 'static, A: Send + 'static>(
    together: &Together<Q, A>,
    question: Q,
) -> Result<A, JobError> {
    let again = |problem: Problem| JobError::Again(problem.message);
    let asked = together.ask(question).map_err(again)?;
    asked.answer().await.map_err(again)
}

fn pairs(store: Arc<dyn Store>) -> Together<RoomId, Pair> {
    Together::start(move |rooms: Vec<RoomId>| {
        let store = store.clone();
        async move {
            let different: Vec<RoomId> = rooms
                .iter()
                .cloned()
                .collect::<HashSet<_>>()
                .into_iter()
                .collect();
            let found = store.direct_rooms(&different).await;
            let found = found.map_err(BackendError::told)?.into_iter();
            let pairs: HashMap<RoomId, Arc<[UserId]>> = found
                .map(|(room, members)| (room, members.into()))
                .collect();
            Ok(rooms.iter().map(|room| pairs.get(room).cloned()).collect())
        }
    })
}

fn authors(store: Arc<dyn Store>) -> Together<MessageId, Option<UserId>> {
    Together::start(move |messages: Vec<MessageId>| {
        let store = store.clone();
        async move {
            let found = store.authors_of(&messages).await;
            let found: HashMap<MessageId, UserId> =
                found.map_err(BackendError::told)?.into_iter().collect();
            Ok(messages.iter().map(|id| found.get(id).cloned()).collect())
        }
    })
}

fn keeping(store: Arc<dyn Store>, telling: Telling) -> Together<Vec<NewNotification>, ()> {
    Together::start(move |asked: Vec<Vec<NewNotification>>| {
        let (store, telling) = (store.clone(), telling.clone());
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
    })
}
