//! Recent messages in memory: the lists used last, up to a bound in bytes.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::{
    domain::{Rev, change::RoomChange, id::RoomId, message::Message},
    ports::{
        BackendError,
        cache::{RECENT_MAX, Recent, RecentCache},
    },
};

/// How much all lists together may hold, roughly.
pub(super) const DEFAULT_BYTES: usize = 64 << 20;

/// What a list, or a message, takes beside its text; roughly.
const OVERHEAD: usize = 512;

/// The cache port in memory.
pub struct MemoryCache {
    lists: Mutex<Lists>,
}

struct Lists {
    rooms: HashMap<RoomId, List>,
    /// The rooms by when they were last used.
    by_use: BTreeMap<u64, RoomId>,
    uses: u64,
    bytes: usize,
    most_bytes: usize,
}

struct List {
    rev: Rev,
    messages: VecDeque<Arc<Message>>,
    last_use: u64,
    bytes: usize,
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new(DEFAULT_BYTES)
    }
}

impl MemoryCache {
    /// A cache whose lists take about so many bytes at most.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            lists: Mutex::new(Lists {
                rooms: HashMap::new(),
                by_use: BTreeMap::new(),
                uses: 0,
                bytes: 0,
                most_bytes,
            }),
        }
    }
}

#[async_trait]
impl RecentCache for MemoryCache {
    async fn append(&self, changes: &[RoomChange]) -> Result<(), BackendError> {
        let mut rooms = indexmap::IndexMap::<&RoomId, Vec<&RoomChange>>::new();
        for change in changes {
            rooms.entry(change.room()).or_default().push(change);
        }
        let mut lists = self.lists.lock();
        for (room, changes) in rooms {
            lists.append(room, &changes);
        }
        Ok(())
    }

    async fn read(&self, room: &RoomId) -> Result<Option<Recent>, BackendError> {
        let mut lists = self.lists.lock();
        lists.touch(room);
        Ok(lists.rooms.get(room).map(|list| Recent {
            rev: list.rev,
            messages: list.messages.iter().cloned().collect(),
        }))
    }

    async fn fill(&self, room: &RoomId, recent: &Recent) -> Result<(), BackendError> {
        if !is_gapless(&recent.messages) {
            return Err(BackendError::Fault {
                backend: "memory",
                cause: format!("a list for room {room} with gaps"),
            });
        }
        let mut lists = self.lists.lock();
        let stands = lists.rooms.get(room).map(|list| list.rev);
        if stands.is_none_or(|rev| rev < recent.rev) {
            let skipped = recent.messages.len().saturating_sub(RECENT_MAX);
            let messages = recent.messages.iter().skip(skipped).cloned().collect();
            lists.put(room, recent.rev, messages);
        }
        Ok(())
    }
}

impl Lists {
    fn append(&mut self, room: &RoomId, changes: &[&RoomChange]) {
        let stands = self.rooms.get(room).map(|list| list.rev);
        let last = changes.last().map(|last| last.rev());
        if stands < last
            && let Some(mut list) = self.take(room)
            && let Some(rev) = advance(list.rev, &mut list.messages, changes)
        {
            self.put(room, rev, list.messages);
        }
    }

    fn put(&mut self, room: &RoomId, rev: Rev, messages: VecDeque<Arc<Message>>) {
        self.take(room);
        let bytes = OVERHEAD + messages.iter().map(|it| weight(it)).sum::<usize>();
        self.bytes += bytes;
        let list = List {
            rev,
            messages,
            last_use: 0,
            bytes,
        };
        self.rooms.insert(room.clone(), list);
        self.touch(room);
        while self.bytes > self.most_bytes
            && let Some((_, unused)) = self.by_use.pop_first()
        {
            self.take(&unused);
        }
    }

    fn touch(&mut self, room: &RoomId) {
        if let Some(list) = self.rooms.get_mut(room) {
            self.by_use.remove(&list.last_use);
            self.uses += 1;
            list.last_use = self.uses;
            self.by_use.insert(self.uses, room.clone());
        }
    }

    fn take(&mut self, room: &RoomId) -> Option<List> {
        let list = self.rooms.remove(room)?;
        self.by_use.remove(&list.last_use);
        self.bytes -= list.bytes;
        Some(list)
    }
}

/// Brings messages from one revision to where the changes lead without a hole, and says to which; `None` if they cannot be right, or
/// the room is no more.
fn advance(
    mut rev: Rev,
    messages: &mut VecDeque<Arc<Message>>,
    changes: &[&RoomChange],
) -> Option<Rev> {
    if let Some(RoomChange::Closed { .. }) = changes.last() {
        return None;
    }
    for change in changes {
        if change.rev() <= rev {
            continue;
        }
        if change.rev() > rev + 1 {
            break;
        }
        rev = change.rev();
        // A change of the room itself moves the revision alone.
        let Some(message) = change.message() else {
            continue;
        };
        let newest = messages.back().map_or(0, |newest| newest.seq);
        match change {
            RoomChange::New(_) if message.seq == newest + 1 => {
                messages.push_back(message.clone());
                if messages.len() > RECENT_MAX {
                    messages.pop_front();
                }
            }
            RoomChange::New(_) => return None,
            _ if message.seq <= newest => {
                let place = usize::try_from(newest - message.seq).ok()?;
                if let Some(index) = messages.len().checked_sub(place + 1) {
                    messages[index] = message.clone();
                }
            }
            _ => return None,
        }
    }
    Some(rev)
}

fn is_gapless(messages: &[Arc<Message>]) -> bool {
    messages
        .windows(2)
        .all(|pair| pair[0].seq + 1 == pair[1].seq)
}

fn weight(message: &Message) -> usize {
    let previews: usize = message
        .previews
        .iter()
        .map(|preview| {
            let texts = [
                Some(&preview.url),
                preview.title.as_ref(),
                preview.description.as_ref(),
            ];
            texts.into_iter().flatten().map(String::len).sum::<usize>()
        })
        .sum();
    OVERHEAD + message.content.len() + previews
}
