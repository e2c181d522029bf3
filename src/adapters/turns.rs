//! Which priority a call of the queue begins with: mostly the highest, and now and then another, so that none waits for ever.

use crate::domain::job::Priority;

/// Of so many calls in a row one begins with the lowest priority, and one with the normal.
const ROUND: u8 = 8;

/// The calls of one queue.
#[derive(Debug, Default)]
pub(super) struct Turns {
    call: u8,
    /// The lowest priority's turn has come, and no call since had room for it.
    low_is_owed: bool,
}

impl Turns {
    /// The order for the next call. One that has no room for low jobs leaves their turn to the next.
    pub(super) fn next(&mut self, room_for_low: bool) -> [Priority; 3] {
        use Priority::{High, Low, Normal};
        self.call = (self.call + 1) % ROUND;
        self.low_is_owed |= self.call == 0;
        if self.call == ROUND / 2 {
            [Normal, High, Low]
        } else if self.low_is_owed && room_for_low {
            self.low_is_owed = false;
            [Low, High, Normal]
        } else {
            [High, Normal, Low]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the next eight calls begin with each.
    fn begin(turns: &mut Turns, room_for_low: bool) -> [usize; 3] {
        let firsts: Vec<Priority> = (0..8).map(|_| turns.next(room_for_low)[0]).collect();
        Priority::ALL.map(|priority| firsts.iter().filter(|it| **it == priority).count())
    }

    #[test]
    fn of_eight_calls_one_begins_low_and_one_normal() {
        let mut turns = Turns::default();
        for _ in 0..3 {
            assert_eq!(begin(&mut turns, true), [6, 1, 1]);
            turns.next(true);
        }
    }

    #[test]
    fn a_turn_of_the_low_ones_waits_for_room() {
        let mut turns = Turns::default();
        assert_eq!(begin(&mut turns, false), [7, 1, 0]);
        assert_eq!(turns.next(true)[0], Priority::Low);
        assert_eq!(turns.next(true)[0], Priority::High);
    }
}
