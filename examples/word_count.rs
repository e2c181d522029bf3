//! Belfry with one more type of job: `word.count` counts the words of a room's history.

use std::{process::ExitCode, time::Duration};

use async_trait::async_trait;
use belfry::{
    domain::{
        error::Problem,
        id::{RoomId, UserId},
        permission::{Action, Verdict, judge},
    },
    jobs::{Handler, Handlers, JobError, Rules, Running},
    ports::{
        BackendError,
        store::{Place, Store},
    },
    program,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Messages read at once: enough to be quick, few enough to hold.
const PAGE: i64 = 500;

/// What the asker gives: `{ "type": "word.count", "payload": { "roomId": "lobby" } }`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WhichRoom {
    room_id: RoomId,
}

struct WordCount;

#[async_trait]
impl Handler for WordCount {
    const TYPE: &'static str = "word.count";
    type Payload = WhichRoom;

    fn rules(&self) -> Rules {
        Rules {
            max_attempts: 3,
            time_limit: Duration::from_secs(300),
            ..Rules::default()
        }
    }

    async fn admit(
        &self,
        payload: &WhichRoom,
        asker: &UserId,
        store: &dyn Store,
    ) -> Result<(), Problem> {
        match may_read(&payload.room_id, asker, store).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Problem::no_room()),
            Err(error) => Err(error.told()),
        }
    }

    async fn run(&self, payload: WhichRoom, job: &Running) -> Result<Value, JobError> {
        let room = &payload.room_id;
        // Between the request and now, its owner may have been removed from the room.
        let owner = job
            .owner()
            .ok_or_else(|| JobError::Hopeless("Nobody asked for it.".into()))?;
        if !may_read(room, owner, &**job.store()).await? {
            return Err(JobError::Hopeless("There is no such room.".into()));
        }
        let (mut words, mut messages, mut last) = (0, 0, 0);
        loop {
            job.go_on()?;
            let page = job.store().page(room, Place::After(last), PAGE).await?;
            let page = page.ok_or_else(|| JobError::Hopeless("The room is gone.".into()))?;
            for message in &page.messages {
                words += message.content.split_whitespace().count();
                last = message.seq;
            }
            messages += page.messages.len();
            job.progress((100 * last / page.room.last_seq.max(1)) as u8);
            if !page.has_more {
                return Ok(json!({ "roomId": room, "messages": messages, "words": words }));
            }
        }
    }
}

/// Whether the user may read the room, by the same table as everything else; a room that they must not see is as good as none.
async fn may_read(room: &RoomId, user: &UserId, store: &dyn Store) -> Result<bool, BackendError> {
    let Some(view) = store.room(room, user).await? else {
        return Ok(false);
    };
    let role = view.standing.map(|standing| standing.role);
    let verdict = judge(Action::Read, view.room.visibility, role, false);
    Ok(verdict == Verdict::Allowed)
}

fn main() -> ExitCode {
    program::run(Handlers::new().with(WordCount))
}
