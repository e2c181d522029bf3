//! A bounded memory that forgets a part at a time.

use std::{collections::HashMap, hash::Hash};

/// The newest values by key: up to twice `half`, and after the first so many never fewer than `half`.
///
/// Two generations: when the young one is full it becomes the old one, and what was old is forgotten. What is asked for is young again,
/// so that what is in use stays.
pub(super) struct Remembered<K, V> {
    half: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Clone> Remembered<K, V> {
    /// `half` is 1 at least.
    pub(super) fn new(half: usize) -> Self {
        Self {
            half: half.max(1),
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    pub(super) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.half && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_forgotten_at_a_time_and_never_what_is_in_use() {
        let mut memory = Remembered::new(10);
        for n in 0..1_000 {
            memory.insert(n, n);
            assert_eq!(memory.get(&0), Some(0), "asked for each time");
            assert!(memory.young.len() + memory.old.len() <= 20);
            let lately = (n - 7).max(0)..=n;
            for one in lately {
                let kept = memory.young.contains_key(&one) || memory.old.contains_key(&one);
                assert!(kept, "{one} of {n}");
            }
        }
        memory.insert(999, 1);
        assert_eq!(memory.get(&999), Some(1), "the newest value counts");
        assert_eq!(memory.get(&500), None);
    }
}
