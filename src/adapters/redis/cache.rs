//! Recent messages: one Redis list a room, whose head says at which revision it stands; see `scripts/recent_append.lua`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::Script;

use super::{
    RedisSettings,
    link::{Link, ScriptCall, fault},
    patience::Patience,
};
use crate::{
    domain::{change::RoomChange, id::RoomId, message::Message},
    ports::{
        BackendError,
        cache::{RECENT_MAX, Recent, RecentCache},
    },
};

const KEPT_UNUSED: Duration = Duration::from_secs(24 * 60 * 60);

/// The cache port on Redis.
pub struct RedisCache {
    link: Arc<Link>,
    prefix: String,
    /// How long a call may take: the store answers as well, and whoever asks waits.
    limit: Duration,
    patience: Patience,
    append: Script,
    fill: Script,
}

impl RedisCache {
    pub(super) fn new(settings: &RedisSettings, link: Arc<Link>) -> Self {
        Self {
            link,
            prefix: settings.prefix.clone(),
            limit: settings.cache_time,
            patience: Patience::default(),
            append: Script::new(include_str!("scripts/recent_append.lua")),
            fill: Script::new(include_str!("scripts/recent_fill.lua")),
        }
    }

    fn key(&self, room: &RoomId) -> String {
        format!("{}{{{room}}}:recent", self.prefix)
    }

    /// Makes a call, unless an earlier one has just been given up.
    async fn patiently<T>(
        &self,
        call: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, BackendError> {
        let Some(leave) = self.patience.try_now() else {
            return Err(BackendError::Unavailable {
                backend: "redis",
                cause: "cache: it did not answer a moment ago".into(),
            });
        };
        let answer = call.await;
        if !matches!(answer, Err(BackendError::Unavailable { .. })) {
            leave.answered();
        }
        answer
    }
}

#[async_trait]
impl RecentCache for RedisCache {
    async fn append(&self, changes: &[RoomChange]) -> Result<(), BackendError> {
        let calls = by_room(changes)
            .into_iter()
            .map(|(room, changes)| {
                let mut args = vec![text(RECENT_MAX), text(KEPT_UNUSED.as_secs())];
                for change in changes {
                    args.push(text(change.rev()));
                    let kind: &[u8] = match (change, change.message()) {
                        (RoomChange::New(_), _) => b"new",
                        (_, Some(_)) => b"updated",
                        (RoomChange::Closed { .. }, None) => b"closed",
                        (_, None) => b"room",
                    };
                    args.push(kind.to_vec());
                    let message = change.message();
                    args.push(text(message.map_or(0, |message| message.seq)));
                    args.push(message.map_or(Ok(Vec::new()), |message| written(message))?);
                }
                Ok(ScriptCall {
                    keys: vec![self.key(room)],
                    args,
                })
            })
            .collect::<Result<Vec<_>, BackendError>>()?;
        if !calls.is_empty() {
            self.patiently(self.link.scripts(self.limit, &self.append, &calls))
                .await?;
        }
        Ok(())
    }

    async fn read(&self, room: &RoomId) -> Result<Option<Recent>, BackendError> {
        let key = self.key(room);
        let mut pipeline = redis::pipe();
        pipeline
            .cmd("LRANGE")
            .arg(&key)
            .arg(0)
            .arg(-1)
            .cmd("EXPIRE")
            .arg(&key)
            .arg(KEPT_UNUSED.as_secs())
            .ignore();
        let (list,): (Vec<Vec<u8>>,) = self
            .patiently(self.link.pipeline(self.limit, &pipeline))
            .await?;
        if list.is_empty() {
            return Ok(None);
        }
        let recent = understood(&list);
        if recent.is_none() {
            tracing::warn!(%room, "a list of recent messages was not readable and is dropped");
            let () = self
                .link
                .command(self.limit, redis::cmd("UNLINK").arg(&key))
                .await?;
        }
        Ok(recent)
    }

    async fn fill(&self, room: &RoomId, recent: &Recent) -> Result<(), BackendError> {
        if !is_gapless(&recent.messages) {
            return Err(fault(format!("a list for room {room} with gaps")));
        }
        let mut call = self.fill.key(self.key(room));
        call.arg(KEPT_UNUSED.as_secs())
            .arg(recent.rev)
            .arg(recent.messages.last().map_or(0, |newest| newest.seq));
        for message in recent.messages.iter().rev().take(RECENT_MAX) {
            call.arg(written(message)?);
        }
        let _: i64 = self.patiently(self.link.script(self.limit, &call)).await?;
        Ok(())
    }
}

/// The changes of each room, in the order given.
fn by_room(changes: &[RoomChange]) -> indexmap::IndexMap<&RoomId, Vec<&RoomChange>> {
    let mut rooms = indexmap::IndexMap::<_, Vec<_>>::new();
    for change in changes {
        rooms.entry(change.room()).or_default().push(change);
    }
    rooms
}

fn is_gapless(messages: &[Arc<Message>]) -> bool {
    messages
        .windows(2)
        .all(|pair| pair[0].seq + 1 == pair[1].seq)
}

fn text(number: impl ToString) -> Vec<u8> {
    number.to_string().into_bytes()
}

fn written(message: &Message) -> Result<Vec<u8>, BackendError> {
    serde_json::to_vec(message).map_err(|error| fault(error.to_string()))
}

/// What a list holds; `None` if that is not what we write.
fn understood(list: &[Vec<u8>]) -> Option<Recent> {
    let (head, messages) = list.split_first()?;
    let (rev, newest) = std::str::from_utf8(head).ok()?.split_once(' ')?;
    let messages = messages
        .iter()
        .rev()
        .map(|message| serde_json::from_slice(message).ok())
        .collect::<Option<Vec<Arc<Message>>>>()?;
    let newest_seq = messages.last().map_or(0, |message| message.seq);
    let sound = newest_seq == newest.parse::<i64>().ok()? && is_gapless(&messages);
    sound.then_some(Recent {
        rev: rev.parse().ok()?,
        messages,
    })
}
