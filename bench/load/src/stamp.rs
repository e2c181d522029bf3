//! The content of a benchmark message: who sent it, which of the sender's it is, and when; then padding.

use crate::packet::leading_number;

/// What a delivery says about its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The index of the sending client.
    pub sender: u32,
    /// The message's place among those of its sender, from 0.
    pub turn: u32,
    /// Microseconds on the run's clock: when it was sent, or in an open loop when it should have been.
    pub at: u64,
}

const PADDING: &str = "the quick brown fox jumps over the lazy dog and ";

impl Stamp {
    /// The content to send, padded to `len` characters (longer if the stamp itself is).
    pub fn content(&self, len: usize) -> String {
        let mut content = format!("{}/{}/{} ", self.sender, self.turn, self.at);
        let missing = len.saturating_sub(content.len());
        content.extend(PADDING.chars().cycle().take(missing));
        content
    }

    /// Reads the stamp back from text that starts with a content.
    pub fn read(content: &str) -> Option<Stamp> {
        let bytes = content.as_bytes();
        let (sender, a) = leading_number(bytes)?;
        let (turn, b) = leading_number(bytes.get(a + 1..)?)?;
        let (at, _) = leading_number(bytes.get(a + b + 2..)?)?;
        Some(Stamp {
            sender: u32::try_from(sender).ok()?,
            turn: u32::try_from(turn).ok()?,
            at,
        })
    }

    /// A number that is well spread over all messages: sums of it tell sets apart, chains of it tell orders apart.
    pub fn fingerprint(&self) -> u64 {
        let mut x = (u64::from(self.sender) << 32 | u64::from(self.turn))
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_its_content() {
        let stamp = Stamp {
            sender: 7,
            turn: 12,
            at: 3_456_789,
        };
        let content = stamp.content(100);
        assert_eq!(content.len(), 100);
        assert_eq!(
            Stamp::read(&format!("{content}\",\"type\":\"text\"")),
            Some(stamp)
        );
        assert_eq!(Stamp::read("hello"), None);
        assert_eq!(Stamp::read("1/2"), None);
    }
}
