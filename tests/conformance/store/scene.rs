//! The words that the store's stories are told in.

use std::{future::Future, sync::Arc, time::Duration};

use belfry::{
    domain::{
        change::{Change, Enrichment, Found, NewMessage, Outcome, Refusal},
        id::{ClientId, JobId, MessageId, RoomId, UserId},
        job::EnrichMessage,
        message::{Message, MessageKind},
        room::{RoomView, Standing, Visibility},
        timestamp::Timestamp,
    },
    ports::{
        queue::Ticket,
        store::{Entered, Entry, NewRoom, Page, Place, Store, Sweep},
    },
};

use crate::support::databases::{Backend, Database, with_database_of};

/// A store, and the database below it.
#[derive(Clone)]
pub struct Scene {
    pub database: Arc<Database>,
    pub store: Arc<dyn Store>,
}

/// Tells a story on a fresh store.
pub async fn tell<F, S>(backend: Backend, story: S)
where
    S: FnOnce(Scene) -> F,
    F: Future<Output = ()>,
{
    with_database_of(backend, |database| async move {
        let store = database.open().await;
        let scene = Scene {
            database,
            store: store.clone(),
        };
        story(scene).await;
        store.close().await;
    })
    .await;
}

pub fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub fn room(id: &str) -> RoomId {
    RoomId::parse(id).unwrap()
}

/// A message to be sent, without a `clientId`.
pub fn text(author: &str, place: &str, content: &str) -> NewMessage {
    NewMessage {
        id: MessageId::fresh(),
        room_id: room(place),
        user_id: user(author),
        content: content.into(),
        kind: MessageKind::Text,
        client_id: None,
        reply_to: None,
        at: Timestamp::now(),
        job: JobId::fresh(),
    }
}

/// The same with a `clientId`.
pub fn keyed(author: &str, place: &str, content: &str, client: &str) -> NewMessage {
    NewMessage {
        client_id: Some(ClientId::parse(client).unwrap()),
        ..text(author, place, content)
    }
}

/// What a worker found in a message as it was sent.
pub fn finding(message: &Message, found: Found) -> Change {
    Change::Enrich(Enrichment {
        finishes: Some(JobId::fresh()),
        room_id: message.room_id.clone(),
        message_id: message.id,
        content_rev: message.rev,
        found,
    })
}

pub fn mentions(ids: &[&str]) -> Found {
    Found::mentions(ids.iter().map(|id| user(id)).collect())
}

impl Scene {
    /// The same database as another replica has it: through a store of its own. SQLite serves one process, and so one store.
    pub async fn another(&self) -> Self {
        match self.database.backend {
            Backend::Postgres => self.reopened().await,
            Backend::Sqlite => self.clone(),
        }
    }

    /// The same database through a new store.
    pub async fn reopened(&self) -> Self {
        Self {
            database: self.database.clone(),
            store: self.database.open().await,
        }
    }

    /// People with these ids and usernames.
    pub async fn people(&self, names: &[&str]) {
        for name in names {
            self.store.first_sight(&user(name), name).await.unwrap();
        }
    }

    /// People, and a public room that they all are in; the first one made it.
    pub async fn room(&self, id: &str, names: &[&str]) {
        self.people(names).await;
        for name in names {
            self.join(name, id).await;
        }
    }

    /// People, and a room of that visibility that they all are in; the first one made it.
    pub async fn room_that_is(&self, visibility: Visibility, id: &str, names: &[&str]) {
        self.room(id, names).await;
        let word = visibility.as_str();
        let change = format!("UPDATE rooms SET visibility = '{word}' WHERE id = '{id}'");
        self.database.sql(change).await;
    }

    /// Takes somebody out of a room.
    pub async fn remove(&self, name: &str, id: &str) {
        let change = format!("DELETE FROM members WHERE room_id = '{id}' AND user_id = '{name}'");
        self.database.sql(change).await;
    }

    /// Deletes a room.
    pub async fn delete_room(&self, id: &str) {
        let now = match self.database.backend {
            Backend::Postgres => "now()",
            Backend::Sqlite => "1",
        };
        let change = format!("UPDATE rooms SET deleted_at = {now} WHERE id = '{id}'");
        self.database.sql(change).await;
    }

    /// Joins a room, making it if there is none.
    pub async fn join(&self, name: &str, id: &str) -> RoomView {
        match self.try_join(name, id, true).await {
            Entered::Member(view) => *view,
            Entered::NoRoom => panic!("{name} cannot join {id}"),
        }
    }

    pub async fn try_join(&self, name: &str, id: &str, create: bool) -> Entered {
        let entry = Entry {
            room: room(id),
            user: user(name),
            create,
            at: Timestamp::now(),
        };
        let mut entered = self.store.join(&[entry]).await.unwrap();
        assert_eq!(entered.len(), 1);
        entered.remove(0)
    }

    pub async fn commit(&self, changes: &[Change]) -> Vec<Outcome> {
        let outcomes = self.store.commit(changes).await.unwrap();
        assert_eq!(outcomes.len(), changes.len());
        outcomes
    }

    /// Commits one change.
    pub async fn commit_one(&self, change: Change) -> Outcome {
        self.commit(&[change]).await.remove(0)
    }

    /// Sends one message, which must be committed.
    pub async fn send(&self, message: NewMessage) -> Arc<Message> {
        committed(self.commit_one(Change::Send(message)).await)
    }

    /// Sends so many messages, "1" and so on.
    pub async fn chatter(&self, author: &str, place: &str, count: usize) {
        let texts = (1..=count).map(|n| Change::Send(text(author, place, &n.to_string())));
        for outcome in self.commit(&texts.collect::<Vec<_>>()).await {
            committed(outcome);
        }
    }

    pub async fn view(&self, id: &str, asker: &str) -> RoomView {
        let view = self.store.room(&room(id), &user(asker)).await.unwrap();
        view.expect("the room is there")
    }

    pub async fn standing(&self, id: &str, asker: &str) -> Standing {
        let view = self.view(id, asker).await;
        view.standing.expect("a member")
    }

    pub async fn page(&self, id: &str, place: Place, limit: i64) -> Page {
        let page = self.store.page(&room(id), place, limit).await.unwrap();
        page.expect("the room is there")
    }

    /// All messages of a room, after checking what always holds: `seq` from 1 without gaps, and each `rev` taken once.
    pub async fn history(&self, id: &str) -> Vec<Message> {
        let page = self.page(id, Place::Newest, 10_000).await;
        let seqs: Vec<_> = page.messages.iter().map(|message| message.seq).collect();
        let upto: Vec<_> = (1..=page.room.last_seq).collect();
        assert_eq!(seqs, upto, "seq has gaps");
        let mut revs: Vec<_> = page.messages.iter().map(|message| message.rev).collect();
        revs.sort_unstable();
        revs.dedup();
        assert_eq!(revs.len(), page.messages.len(), "a rev was taken twice");
        assert_eq!(revs.last().copied().unwrap_or(0), page.room.rev);
        page.messages
    }

    /// The job of every message that waits, as a sweep that finds the queue empty gets them.
    pub async fn all_jobs(&self) -> Vec<(JobId, EnrichMessage)> {
        let later = Timestamp::from_millis(Timestamp::now().as_millis() + 60_000);
        let sweep = Sweep::All { before: later };
        let swept = self.store.sweep_jobs(
            sweep,
            &belfry::ports::queue::Line::ALL,
            Duration::from_secs(60),
            10_000,
        );
        let tickets = swept.await.unwrap().tickets.into_iter();
        let message = |ticket: Ticket| (ticket.job, *ticket.message.unwrap());
        tickets.map(message).collect()
    }

    pub fn new_room(&self, owner: &str, id: &str, visibility: Visibility) -> NewRoom {
        NewRoom {
            id: room(id),
            name: format!("The {id}"),
            topic: Some("What to talk about".into()),
            visibility,
            created_by: user(owner),
            at: Timestamp::now(),
        }
    }
}

pub fn committed(outcome: Outcome) -> Arc<Message> {
    match outcome {
        Outcome::Committed(change) => change.message().unwrap().clone(),
        other => panic!("not committed: {other:?}"),
    }
}

pub fn repeated(outcome: Outcome) -> Arc<Message> {
    match outcome {
        Outcome::Already(change) => change.message().unwrap().clone(),
        other => panic!("not a repeat: {other:?}"),
    }
}

pub fn refused(outcome: Outcome) -> Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
