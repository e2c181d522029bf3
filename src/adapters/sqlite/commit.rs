//! Committing a batch: one transaction that holds the only write lock from its first statement on.
//!
//! It reads what the changes depend on ([`facts`]), goes through them in order (a file a kind), and writes what came of them
//! ([`writes`]), in a statement each for all changes together. Nothing else can write meanwhile, so what was read stays true.

mod acts;
mod claps;
mod facts;
mod findings;
mod room_changes;
mod sends;
mod writes;

use self::{facts::Facts, writes::Writes};
use super::{SqliteStore, commit};
use crate::{
    domain::{
        batch::answering,
        change::{Change, Outcome, Refusal, RoomChange},
        permission::{Action, Verdict, judge},
        room::{Role, Visibility},
    },
    ports::BackendError,
};

impl SqliteStore {
    pub(super) async fn commit_batch(
        &self,
        changes: &[Change],
    ) -> Result<Vec<Outcome>, BackendError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let answering = answering(changes);
        let mut transaction = self.begin().await?;
        let mut facts = Facts::read(&mut transaction, changes, &answering).await?;
        let mut writes = Writes::default();
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(changes.len());
        for (index, change) in changes.iter().enumerate() {
            let answers = answering[index] == index;
            let outcome = match change {
                Change::Send(_) if !answers => repeat_of(&outcomes[answering[index]]),
                Change::Send(asked) => facts.send(index, asked, &mut writes)?,
                Change::Enrich(asked) => {
                    writes.finish(asked);
                    match answers {
                        true => facts.enrich(asked, &mut writes),
                        false => Outcome::Unchanged,
                    }
                }
                Change::Act(asked) => facts.act(asked, &mut writes)?,
                Change::Clap(asked) => facts.clap(asked, &mut writes),
                Change::UpdateRoom(asked) => facts.update_room(asked, &mut writes)?,
                Change::DeleteRoom(asked) => facts.delete_room(asked, &mut writes)?,
            };
            outcomes.push(outcome);
        }
        writes.write(&mut transaction, &facts).await?;
        commit(transaction).await?;
        Ok(outcomes)
    }
}

/// What a later one of the same sends is told, by what the first one was told.
fn repeat_of(first: &Outcome) -> Outcome {
    match first {
        Outcome::Committed(message) => Outcome::Already(message.clone()),
        other => other.clone(),
    }
}

/// What the table says, to somebody who may see the room.
fn refusal_of(
    action: Action,
    visibility: Visibility,
    role: Option<Role>,
    own: bool,
) -> Option<Refusal> {
    match judge(action, visibility, role, own) {
        Verdict::Allowed => None,
        Verdict::Forbidden | Verdict::Hidden => Some(match role {
            None => Refusal::NotMember,
            Some(_) => Refusal::Forbidden,
        }),
    }
}

/// Whether the room must not be seen.
fn is_hidden(visibility: Visibility, role: Option<Role>) -> bool {
    judge(Action::Read, visibility, role, false) == Verdict::Hidden
}

fn in_state(committed: bool, change: RoomChange) -> Outcome {
    match committed {
        true => Outcome::Committed(change),
        false => Outcome::Already(change),
    }
}
