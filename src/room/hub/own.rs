//! What in the histories is the readers' own: asked for in one statement, and kept up to date by the changes applied since.

use std::collections::{HashMap, HashSet};

use super::history::{History, Seen};
use crate::{
    domain::{
        Seq,
        change::{ClapsOf, RoomChange},
        id::{MessageId, UserId},
        message::{Message, Mine},
    },
    ports::store::Store,
};

/// Changes that may wait for the store's answer; beyond, it is asked again.
const NOTED_MAX: usize = 4_096;

/// What under some messages is some users' own.
pub(super) struct Own {
    users: HashSet<UserId>,
    messages: HashSet<MessageId>,
    /// Under messages after this one, all there is came since, and was noted.
    all_after: Seq,
    of: HashMap<UserId, HashMap<MessageId, Mine>>,
    state: State,
    noted: Vec<(UserId, MessageId, Noted)>,
}

#[derive(PartialEq)]
enum State {
    /// The store has not answered yet.
    Asked,
    Known,
    /// The store did not answer, or too much happened meanwhile.
    Unknown,
}

enum Noted {
    Claps(i64),
    Emoji(String, bool),
}

impl Own {
    /// What is not known yet, of these users under these messages and all after the last one.
    pub(super) fn asked(
        users: HashSet<UserId>,
        messages: impl Iterator<Item = MessageId>,
        last_seq: Seq,
    ) -> Self {
        Self {
            users,
            messages: messages.collect(),
            all_after: last_seq,
            of: HashMap::new(),
            state: State::Asked,
            noted: Vec::new(),
        }
    }

    /// Asks the store, if there can be anything.
    pub(super) async fn read(
        store: &dyn Store,
        users: HashSet<UserId>,
        messages: impl Iterator<Item = &Message>,
        last_seq: Seq,
    ) -> Self {
        let mut own = Self::asked(users, std::iter::empty(), last_seq);
        let mut applauded = Vec::new();
        for message in messages {
            own.messages.insert(message.id);
            if message.is_applauded() {
                applauded.push(message.id);
            }
        }
        own.state = State::Known;
        if applauded.is_empty() || own.users.is_empty() {
            return own;
        }
        let users: Vec<UserId> = own.users.iter().cloned().collect();
        match store.mine(&users, &applauded).await {
            Ok(mine) => {
                for (user, message, mine) in mine {
                    own.of.entry(user).or_default().insert(message, mine);
                }
            }
            Err(error) => {
                error.log("histories do not say what is the reader's own");
                own.state = State::Unknown;
            }
        }
        own
    }

    /// The store's answer; what was noted since it was asked is newer.
    pub(super) fn take(&mut self, answer: Self) {
        if self.state != State::Asked {
            return;
        }
        self.of = answer.of;
        self.state = answer.state;
        for (user, message, noted) in std::mem::take(&mut self.noted) {
            self.apply(user, message, noted);
        }
    }

    /// A change has been applied.
    pub(super) fn note(&mut self, change: &RoomChange) {
        match change {
            RoomChange::Clapped { message, by } => {
                for ClapsOf { user_id, count } in by {
                    self.note_of(user_id, message.id, || Noted::Claps(*count));
                }
            }
            RoomChange::Reacted {
                message,
                user_id,
                emoji,
                on,
            } => self.note_of(user_id, message.id, || Noted::Emoji(emoji.clone(), *on)),
            RoomChange::New(_)
            | RoomChange::Updated(_)
            | RoomChange::Deleted(_)
            | RoomChange::Room(_)
            | RoomChange::Closed { .. } => {}
        }
    }

    fn note_of(&mut self, user: &UserId, message: MessageId, noted: impl FnOnce() -> Noted) {
        if !self.users.contains(user) {
            return;
        }
        if self.state != State::Asked {
            self.apply(user.clone(), message, noted());
        } else if self.noted.len() < NOTED_MAX {
            self.noted.push((user.clone(), message, noted()));
        } else {
            self.state = State::Unknown;
        }
    }

    fn apply(&mut self, user: UserId, message: MessageId, noted: Noted) {
        let mine = self.of.entry(user).or_default().entry(message).or_default();
        match noted {
            Noted::Claps(count) => mine.claps = count,
            Noted::Emoji(emoji, on) => {
                mine.emoji.retain(|there| *there != emoji);
                if on {
                    mine.emoji.push(emoji);
                }
            }
        }
    }

    /// Whether the store has answered, if only by failing, for all that this reader is to be told.
    pub(super) fn answers(&self, user: &UserId, history: &History) -> bool {
        match self.state {
            State::Asked => false,
            State::Unknown => self.users.contains(user),
            State::Known => self.knows(user, history),
        }
    }

    /// How a reader sees a history.
    pub(super) fn seen_by(&self, user: &UserId, history: &History) -> Seen<'_> {
        if !history.is_applauded {
            return Seen::AsOthers;
        }
        if self.state != State::Known || !self.knows(user, history) {
            return Seen::Unknown;
        }
        match self.of.get(user) {
            Some(own) if history.messages.iter().any(|it| own.contains_key(&it.id)) => {
                Seen::With(own)
            }
            _ => Seen::AsOthers,
        }
    }

    fn knows(&self, user: &UserId, history: &History) -> bool {
        let is_known =
            |message: &Message| message.seq > self.all_after || self.messages.contains(&message.id);
        self.users.contains(user) && history.messages.iter().all(|message| is_known(message))
    }
}
