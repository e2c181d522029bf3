//! Reads back what the server has stored, to compare it with what was acknowledged.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use crate::crowd::room_id;
use crate::fleet::Failure;
use crate::options::{Common, Dialect};
use crate::rest::Rest;
use crate::stamp::Stamp;

/// Rooms that are read back at once.
const READERS: usize = 8;

/// Compares the store of the server with the acknowledged messages. Returns faults in words; a store that cannot be read back
/// is one.
pub fn compare(common: &Common, rooms: usize, acked: &BTreeMap<usize, Vec<bool>>) -> Vec<String> {
    try_compare(common, rooms, acked)
        .unwrap_or_else(|why| vec![format!("the store could not be read back: {why}")])
}

fn try_compare(
    common: &Common,
    rooms: usize,
    acked: &BTreeMap<usize, Vec<bool>>,
) -> Result<Vec<String>, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let count = acked.values().flatten().filter(|acked| **acked).count();
    match common.dialect {
        Dialect::Floor => Ok(Vec::new()),
        Dialect::Peer => {
            let stats: Stats = runtime
                .block_on(async { Rest::connect(common, None).await?.get("/stats").await })?;
            let mut faults = Vec::new();
            if stats.messages != count || stats.distinct != count {
                let Stats { messages, distinct } = stats;
                faults.push(format!(
                    "{count} messages acknowledged, {messages} stored, {distinct} of them distinct"
                ));
            }
            Ok(faults)
        }
        Dialect::Belfry => {
            let stored = runtime.block_on(read_rooms(common, rooms))?;
            Ok(differences(acked, stored))
        }
    }
}

#[derive(Deserialize)]
struct Stats {
    messages: usize,
    distinct: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    messages: Vec<Message>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Message {
    seq: u64,
    content: String,
}

/// What the rooms hold: how often each message of each sender, and how many places are out of line.
#[derive(Default)]
struct Stored {
    times: BTreeMap<u32, Vec<u32>>,
    gaps: usize,
}

async fn read_rooms(common: &Common, rooms: usize) -> Result<Stored, Failure> {
    let read: Vec<Vec<Message>> = stream::iter(0..rooms)
        .map(|room| read_room(common, room))
        .buffer_unordered(READERS)
        .try_collect()
        .await?;
    let mut stored = Stored::default();
    for messages in read {
        stored.gaps += messages
            .iter()
            .enumerate()
            .filter(|(at, message)| message.seq != *at as u64 + 1)
            .count();
        for stamp in messages
            .iter()
            .filter_map(|message| Stamp::read(&message.content))
        {
            let times = stored.times.entry(stamp.sender).or_default();
            let turn = stamp.turn as usize;
            if times.len() <= turn {
                times.resize(turn + 1, 0);
            }
            times[turn] += 1;
        }
    }
    Ok(stored)
}

async fn read_room(common: &Common, room: usize) -> Result<Vec<Message>, Failure> {
    let mut connection = Rest::connect(common, Some(0)).await?;
    let mut messages: Vec<Message> = Vec::new();
    loop {
        let after = messages.last().map_or(0, |message| message.seq);
        let page: Page = connection
            .get(&format!(
                "/api/rooms/{}/messages?after={after}&limit=100",
                room_id(room)
            ))
            .await?;
        let done = !page.has_more || page.messages.is_empty();
        messages.extend(page.messages);
        if done {
            return Ok(messages);
        }
    }
}

fn differences(acked: &BTreeMap<usize, Vec<bool>>, stored: Stored) -> Vec<String> {
    let none = Vec::new();
    let (mut lost, mut twice) = (0, 0);
    for (sender, acked) in acked {
        let times = stored.times.get(&(*sender as u32)).unwrap_or(&none);
        for (turn, acked) in acked.iter().enumerate() {
            match times.get(turn).copied().unwrap_or(0) {
                0 if *acked => lost += 1,
                0 | 1 => {}
                _ => twice += 1,
            }
        }
    }
    let mut faults = Vec::new();
    let mut fault = |count: usize, what: &str| {
        if count > 0 {
            faults.push(format!("{count} {what}"))
        }
    };
    fault(lost, "acknowledged messages are not in the history");
    fault(twice, "messages are in the history more than once");
    fault(
        stored.gaps,
        "messages of the history do not have the next seq",
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_a_doubled_and_a_misplaced_message_are_each_told() {
        let acked = BTreeMap::from([(4, vec![true, true, false, true])]);
        let stored = |times: Vec<u32>| Stored {
            times: BTreeMap::from([(4, times)]),
            gaps: 0,
        };
        assert!(differences(&acked, stored(vec![1, 1, 0, 1])).is_empty());
        assert!(differences(&acked, stored(vec![1, 1, 1, 1])).is_empty());
        assert_eq!(
            differences(&acked, stored(vec![1, 0, 1])),
            ["2 acknowledged messages are not in the history"]
        );
        assert_eq!(
            differences(&acked, stored(vec![1, 2, 0, 1])),
            ["1 messages are in the history more than once"]
        );
    }
}
