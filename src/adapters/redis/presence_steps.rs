//! Steps as the presence scripts take them, and what must not be forgotten of steps that failed.

use crate::{domain::id::RoomId, ports::presence::Step};

/// How many steps, and how many words for them, go into one call of a script: Redis does nothing else meanwhile.
const MOST_STEPS: usize = 256;
const MOST_WORDS: usize = 4_096;

/// The first of some steps as words for one call of a script, and how many steps those are.
pub(super) fn next_call(steps: &[Step]) -> (Vec<Vec<u8>>, usize) {
    let mut call = Vec::new();
    let mut count = 0;
    for step in steps.iter().take(MOST_STEPS) {
        say(step, &mut call);
        count += 1;
        if call.len() >= MOST_WORDS {
            break;
        }
    }
    (call, count)
}

fn say(step: &Step, call: &mut Vec<Vec<u8>>) {
    let mut say = |words: &[&str]| call.extend(words.iter().map(|word| word.as_bytes().to_vec()));
    match step {
        Step::Connect { user, .. } => say(&["connect", user.as_str()]),
        Step::Disconnect { user, rooms } => {
            say(&["disconnect", user.as_str(), &rooms.len().to_string()]);
            for room in rooms {
                say(&[room.as_str()]);
            }
        }
        Step::Enter {
            room,
            user,
            username,
        } => say(&["enter", room.as_str(), user.as_str(), username]),
        Step::Leave { room, user, .. } => say(&["leave", room.as_str(), user.as_str()]),
        Step::Choose { user, status } => say(&["choose", user.as_str(), status.as_str()]),
    }
}

/// What people would have to be told of a step that may be lost, in the shape of the scripts' doubts. Arrivals need nothing: they
/// are announced again.
pub(super) fn goodbye(step: &Step) -> Option<(String, String)> {
    match step {
        Step::Leave {
            room,
            user,
            username,
        } => Some((format!("{room}\n{user}"), username.to_string())),
        Step::Disconnect { user, rooms } if !rooms.is_empty() => {
            let rooms: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
            Some((format!("\n{user}"), rooms.join(" ")))
        }
        Step::Connect { .. }
        | Step::Disconnect { .. }
        | Step::Enter { .. }
        | Step::Choose { .. } => None,
    }
}
