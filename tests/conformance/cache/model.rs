//! A room as it really was at each revision, and every way in which replicas may carry it to the cache: late, twice, out of
//! order, at once. Whatever they do, what is read at revision R is the room at R.

use std::{collections::HashMap, sync::Arc};

use belfry::{
    domain::{change::RoomChange, id::RoomId, message::Message},
    ports::cache::{RECENT_MAX, Recent, RecentCache},
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::{acted, message, renamed, room};

/// What one replica does to the cache.
#[derive(Debug, Clone)]
enum Act {
    /// Appends the changes of revisions from…, so many.
    Append(usize, usize),
    /// Fills with the room as it was when it had so many revisions.
    Fill(usize),
    /// Reads and compares.
    Read,
}

/// A room's whole past.
#[derive(Debug, Clone)]
pub(super) struct Past {
    pub(super) room: RoomId,
    /// The change that took each revision, from 1.
    pub(super) changes: Vec<RoomChange>,
}

impl Past {
    /// From what happened: `None` is a new message, `Some` a change of one (by its place among those there are), or now and then
    /// of the room itself.
    fn of(room: RoomId, happened: &[Option<prop::sample::Index>]) -> Self {
        let (mut changes, mut newest) = (Vec::new(), 0);
        for what in happened {
            let rev = changes.len() as i64 + 1;
            changes.push(match what {
                Some(which) if which.index(6) == 0 => renamed(&room, rev),
                Some(which) if newest > 0 => {
                    let seq = which.index(newest as usize) as i64 + 1;
                    let kind = ["updated", "deleted", "clapped", "reacted"][which.index(4)];
                    acted(kind, message(&room, seq, rev))
                }
                _ => {
                    newest += 1;
                    RoomChange::New(Arc::new(message(&room, newest, rev)))
                }
            });
        }
        Self { room, changes }
    }

    /// The newest messages at a revision.
    pub(super) fn at(&self, rev: usize) -> Recent {
        let mut messages: HashMap<i64, Arc<Message>> = HashMap::new();
        for change in &self.changes[..rev] {
            if let Some(message) = change.message() {
                messages.insert(message.seq, message.clone());
            }
        }
        let mut messages: Vec<_> = messages.into_values().collect();
        messages.sort_by_key(|it| it.seq);
        let messages = messages.split_off(messages.len().saturating_sub(RECENT_MAX));
        Recent {
            rev: rev as i64,
            messages,
        }
    }
}

/// Long enough that lists overflow, with more messages than updates.
fn happened() -> impl Strategy<Value = Vec<Option<prop::sample::Index>>> {
    let one = prop_oneof![
        3 => Just(None),
        1 => any::<prop::sample::Index>().prop_map(Some),
    ];
    prop_oneof![
        prop::collection::vec(one.clone(), 1..30),
        prop::collection::vec(one, 100..180),
    ]
}

fn acts(revs: usize) -> impl Strategy<Value = Vec<Act>> {
    let append = (0..revs, 1..6_usize)
        .prop_map(move |(from, count)| Act::Append(from, count.min(revs - from)));
    let act = prop_oneof![
        5 => append,
        2 => (0..=revs).prop_map(Act::Fill),
        2 => Just(Act::Read),
    ];
    prop::collection::vec(act, 1..40)
}

/// Runs many pasts over the caches, each replica acting on its own and all at once; then in step, where lists really grow.
pub(super) fn check(replicas: &[Arc<dyn RecentCache>; 2]) {
    let runtime = tokio::runtime::Handle::current();
    let config = Config {
        cases: 48,
        failure_persistence: None,
        ..Config::default()
    };
    let mut cases = 0;
    let story = happened().prop_flat_map(|happened| {
        let revs = happened.len();
        (Just(happened), acts(revs), acts(revs))
    });
    let counted = std::cell::RefCell::new(&mut cases);
    TestRunner::new(config)
        .run(&story, |(happened, ours, theirs)| {
            **counted.borrow_mut() += 1;
            let past = Past::of(room(&format!("past-{}", counted.borrow())), &happened);
            runtime.block_on(async {
                let both = tokio::join!(
                    act(&replicas[0], &past, &ours),
                    act(&replicas[1], &past, &theirs),
                );
                both.0.and(both.1)?;
                grow(replicas, &past).await
            })
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

async fn act(cache: &Arc<dyn RecentCache>, past: &Past, acts: &[Act]) -> Result<(), TestCaseError> {
    for act in acts {
        match act {
            Act::Append(from, count) => {
                let changes = &past.changes[*from..from + count];
                cache.append(changes).await.map_err(failed)?;
            }
            Act::Fill(rev) => cache
                .fill(&past.room, &past.at(*rev))
                .await
                .map_err(failed)?,
            Act::Read => {}
        }
        read(cache, past).await?;
    }
    Ok(())
}

/// One commit after the other, through either replica in turn: nothing may be dropped.
async fn grow(replicas: &[Arc<dyn RecentCache>; 2], past: &Past) -> Result<(), TestCaseError> {
    let stands = read(&replicas[0], past).await?;
    let from = match stands {
        Some(rev) => rev,
        None => {
            replicas[1]
                .fill(&past.room, &past.at(0))
                .await
                .map_err(failed)?;
            0
        }
    };
    for (at, changes) in past.changes[from..].chunks(3).enumerate() {
        replicas[at % 2].append(changes).await.map_err(failed)?;
    }
    let reached = read(&replicas[0], past).await?;
    prop_assert_eq!(reached, Some(past.changes.len()));
    Ok(())
}

/// Reads, compares with what was, and says at which revision.
async fn read(cache: &Arc<dyn RecentCache>, past: &Past) -> Result<Option<usize>, TestCaseError> {
    let Some(found) = cache.read(&past.room).await.map_err(failed)? else {
        return Ok(None);
    };
    let rev = found.rev as usize;
    prop_assert!(rev <= past.changes.len());
    prop_assert_eq!(&found, &past.at(rev));
    Ok(Some(rev))
}

fn failed(error: belfry::ports::BackendError) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}
