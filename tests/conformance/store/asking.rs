//! The words in which stories ask for acts, claps and changes of rooms.

use belfry::{
    domain::{
        change::{Act, Applause, Change, ClapsOf, Deed, Found, RoomDeletion, RoomUpdate},
        id::{JobId, MessageId},
        message::{Message, Mine},
        moderation::{Measure, Ruling},
        room::Visibility,
        timestamp::Timestamp,
    },
    ports::store::Entry,
};
use uuid::Uuid;

use super::scene::{Scene, room, user};
use crate::support::databases::Backend;

pub fn act(name: &str, message: &Message, deed: Deed) -> Change {
    Change::Act(Act {
        room_id: message.room_id.clone(),
        message_id: message.id,
        user_id: user(name),
        at: Timestamp::now(),
        deed,
    })
}

/// An edit with a job of its own.
pub fn edit(name: &str, message: &Message, content: &str) -> Change {
    let deed = Deed::Edit {
        content: content.into(),
        job: JobId::fresh(),
    };
    act(name, message, deed)
}

pub fn erase(name: &str, message: &Message) -> Change {
    act(name, message, Deed::Delete)
}

pub fn react(name: &str, message: &Message, emoji: &str) -> Change {
    let deed = Deed::React {
        emoji: emoji.into(),
        on: true,
    };
    act(name, message, deed)
}

pub fn unreact(name: &str, message: &Message, emoji: &str) -> Change {
    let deed = Deed::React {
        emoji: emoji.into(),
        on: false,
    };
    act(name, message, deed)
}

/// Applause with an id of its own.
pub fn clap(message: &Message, by: &[(&str, i64)]) -> Change {
    Change::Clap(Applause {
        id: Uuid::now_v7(),
        room_id: message.room_id.clone(),
        message_id: message.id,
        by: counts(by),
        at: Timestamp::now(),
    })
}

pub fn counts(by: &[(&str, i64)]) -> Vec<ClapsOf> {
    let by = by.iter().map(|(name, count)| ClapsOf {
        user_id: user(name),
        count: *count,
    });
    by.collect()
}

/// A change of a room in which nothing is asked for yet.
pub fn update(name: &str, id: &str) -> RoomUpdate {
    RoomUpdate {
        room_id: room(id),
        user_id: user(name),
        name: None,
        topic: None,
        visibility: None,
    }
}

pub fn rename(name: &str, id: &str, to: &str) -> Change {
    Change::UpdateRoom(RoomUpdate {
        name: Some(to.into()),
        ..update(name, id)
    })
}

pub fn open_or_close(name: &str, id: &str, visibility: Visibility) -> Change {
    Change::UpdateRoom(RoomUpdate {
        visibility: Some(visibility),
        ..update(name, id)
    })
}

/// A deletion with an id of its own.
pub fn end(name: &str, id: &str) -> Change {
    Change::DeleteRoom(RoomDeletion {
        id: Uuid::now_v7(),
        room_id: room(id),
        user_id: user(name),
        at: Timestamp::now(),
    })
}

/// What the rules say, at this moment.
pub fn ruling(measure: Measure, reason: &str) -> Ruling {
    Ruling {
        measure,
        reason: reason.into(),
        at: Timestamp::now(),
    }
}

/// A reading that has the text covered, and names people.
pub fn masked(content: &str, names: &[&str]) -> Found {
    Found::Reading {
        mentions: names.iter().map(|name| user(name)).collect(),
        ruling: Some(ruling(Measure::Mask(content.into()), "Swearing")),
    }
}

/// A reading after which the message is gone.
pub fn removed(reason: &str) -> Found {
    Found::Reading {
        mentions: vec![],
        ruling: Some(ruling(Measure::Remove, reason)),
    }
}

impl Scene {
    /// Gives a member another role.
    pub async fn make(&self, name: &str, role: &str, id: &str) {
        let change = format!(
            "UPDATE members SET role = '{role}' WHERE room_id = '{id}' AND user_id = '{name}'"
        );
        self.database.sql(change).await;
    }

    /// A room of that visibility whose members are called after their roles, and somebody outside: `stranger`.
    pub async fn room_of_roles(&self, visibility: Visibility, id: &str) {
        let names = ["owner", "moderator", "member"];
        self.room_that_is(visibility, id, &names).await;
        for name in names {
            self.make(name, name, id).await;
        }
        self.people(&["stranger"]).await;
    }

    /// So many more members, `u0000` and so on.
    pub async fn crowd(&self, id: &str, count: usize) {
        let names: Vec<_> = (0..count).map(|n| format!("u{n:04}")).collect();
        let now = match self.database.backend {
            Backend::Postgres => "now()",
            Backend::Sqlite => "1",
        };
        let rows = names.iter();
        let rows: Vec<_> = rows
            .map(|name| format!("('{name}', '{name}', '{name}', {now})"))
            .collect();
        let columns = "id, username, username_key, created_at";
        let users = format!("INSERT INTO users ({columns}) VALUES {}", rows.join(", "));
        self.database.sql(users).await;
        let entries: Vec<_> = names
            .iter()
            .map(|name| Entry {
                room: room(id),
                user: user(name),
                create: false,
                at: Timestamp::now(),
            })
            .collect();
        self.store.join(&entries).await.unwrap();
    }

    /// What of a message is somebody's own.
    pub async fn mine(&self, name: &str, message: MessageId) -> Mine {
        let mine = self.store.mine(&[user(name)], &[message]).await.unwrap();
        assert!(mine.len() <= 1);
        mine.into_iter()
            .next()
            .map_or_else(Mine::default, |it| it.2)
    }

    pub async fn access_rev(&self, id: &str) -> i64 {
        let standpoints = self.store.revisions(&[room(id)]).await.unwrap();
        standpoints[0].access_rev
    }
}
