//! A bounded memory that forgets a generation at a time: by count, and where it is given a life, by age.

use std::{collections::HashMap, hash::Hash, mem, time::Duration};

use tokio::time::Instant;

/// The newest values by key: at most two generations of `most`, and after the first so many never fewer than `most` unless they are old.
///
/// When the young generation is full, or has lasted for `life`, it becomes the old one, and what was old is forgotten. What is asked for
/// is young again, so that what is in use stays. With a life, a value stays for that long at least if the count lets it, and what nobody has
/// asked for is gone at the first use after twice as long.
#[derive(Debug)]
pub struct Generations<K, V> {
    most: usize,
    life: Option<Duration>,
    begun: Instant,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V: Clone> Generations<K, V> {
    /// Generations of `most`, which is 1 at least, that end by count alone.
    pub fn of(most: usize) -> Self {
        Self {
            most: most.max(1),
            life: None,
            begun: Instant::now(),
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    /// The same, each lasting no longer than `life`.
    pub fn lasting(self, life: Duration) -> Self {
        Self {
            life: Some(life),
            ..self
        }
    }

    /// The value, if it is remembered; it is young from then on.
    pub fn get(&mut self, key: &K) -> Option<V> {
        self.age();
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.insert(key, value.clone());
        Some(value)
    }

    /// Remembers a value in the place of an older one of that key.
    pub fn insert(&mut self, key: K, value: V) {
        self.age();
        if self.young.len() >= self.most && !self.young.contains_key(&key) {
            self.turn();
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: &K) {
        self.young.remove(key);
        self.old.remove(key);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn age(&mut self) {
        let Some(life) = self.life else { return };
        let (begun, lasted) = (self.begun, self.begun.elapsed());
        if lasted >= life {
            self.turn();
            // It should have turned then; whoever looks late does not lengthen a life.
            self.begun = begun + life;
        }
        if lasted >= 2 * life {
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.old = mem::take(&mut self.young);
        self.begun = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(60);

    #[test]
    fn a_part_is_forgotten_at_a_time_and_never_what_is_in_use() {
        let mut memory = Generations::of(10);
        for n in 0..1_000 {
            memory.insert(n, n);
            assert_eq!(memory.get(&0), Some(0), "asked for each time");
            assert!(memory.len() <= 20);
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

    #[tokio::test(start_paused = true)]
    async fn what_nobody_asks_for_is_gone_after_two_lives_and_not_before_one() {
        let mut memory = Generations::of(1_000).lasting(LIFE);
        for n in 0..1_000 {
            memory.insert(n, n);
            tokio::time::advance(LIFE / 50).await;
            let known = |n: &i32| memory.young.contains_key(n) || memory.old.contains_key(n);
            assert!(((n - 49).max(0)..=n).all(|lately| known(&lately)));
            assert!(!(0..n - 100).any(|past| known(&past)));
        }
        tokio::time::advance(2 * LIFE).await;
        assert_eq!(memory.get(&999), None);
        assert!(memory.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_look_lengthens_no_life() {
        let mut memory = Generations::of(1_000).lasting(LIFE);
        memory.insert("seen once", 1);
        tokio::time::advance(LIFE * 19 / 10).await;
        memory.insert("later", 2);
        assert_eq!(memory.len(), 2);
        tokio::time::advance(LIFE / 10).await;
        memory.insert("later", 2);
        assert_eq!(memory.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_in_use_outlives_its_time() {
        let mut memory = Generations::of(1_000).lasting(LIFE);
        memory.insert("used", 1);
        for _ in 0..10 {
            tokio::time::advance(LIFE * 3 / 4).await;
            assert_eq!(memory.get(&"used"), Some(1));
        }
        memory.remove(&"used");
        assert_eq!(memory.get(&"used"), None);
    }
}
