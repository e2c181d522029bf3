//! How far people have read: positions of all sockets of this replica go to the store together, and those that moved are told.

use std::{collections::HashMap, sync::Arc};

use super::together::Together;
use crate::{
    domain::{id::RoomId, id::UserId, presence::Signal},
    ports::store::{ReadMark, ReadState, Store},
    room::tracker::Telling,
};

/// Where read positions are handed in; `None` is answered to who is no member.
pub type Reading = Together<ReadMark, Option<ReadState>>;

/// Starts taking positions. One that moves is told to the room, here and on the other replicas.
pub fn start(store: Arc<dyn Store>, telling: Telling) -> Reading {
    Together::start(move |marks| {
        let (store, telling) = (store.clone(), telling.clone());
        async move {
            let (furthest, places) = furthest(&marks);
            let states = store
                .mark_read(&furthest)
                .await
                .map_err(|error| error.told())?;
            let moved = furthest
                .into_iter()
                .zip(&states)
                .filter_map(|(mark, state)| {
                    let state = state.filter(|state| state.moved)?;
                    Some(Signal::Read {
                        room_id: mark.room,
                        user_id: mark.user,
                        last_read_seq: state.last_read_seq,
                    })
                });
            telling.tell(moved.collect());
            Ok(places
                .into_iter()
                .map(|place| states.get(place).copied().flatten())
                .collect())
        }
    })
}

/// Each user's furthest position in each room, and for every mark the place of its user's one.
fn furthest(marks: &[ReadMark]) -> (Vec<ReadMark>, Vec<usize>) {
    let mut furthest: Vec<ReadMark> = Vec::new();
    let mut known: HashMap<(&RoomId, &UserId), usize> = HashMap::new();
    let places = marks
        .iter()
        .map(|mark| {
            let place = *known.entry((&mark.room, &mark.user)).or_insert_with(|| {
                furthest.push(mark.clone());
                furthest.len() - 1
            });
            furthest[place].seq = furthest[place].seq.max(mark.seq);
            place
        })
        .collect();
    (furthest, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(room: &str, user: &str, seq: i64) -> ReadMark {
        ReadMark {
            room: RoomId::parse(room).unwrap(),
            user: UserId::parse(user).unwrap(),
            seq,
        }
    }

    #[test]
    fn of_several_devices_the_furthest_position_counts() {
        let marks = [
            mark("r", "ada", 3),
            mark("r", "bob", 9),
            mark("r", "ada", 7),
            mark("s", "ada", 1),
            mark("r", "ada", 5),
        ];
        let (furthest, places) = furthest(&marks);
        assert_eq!(
            furthest,
            [
                mark("r", "ada", 7),
                mark("r", "bob", 9),
                mark("s", "ada", 1)
            ]
        );
        assert_eq!(places, [0, 1, 0, 2, 0]);
    }
}
