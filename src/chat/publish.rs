//! An event of a backend's own, for a room, a user or everybody.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{Chat, unavailable};
use crate::domain::{
    error::Problem,
    presence::{Recipients, Signal},
};

/// What a backend proves itself with: one key, or several while it is being changed. Kept as hashes, of which all are compared, so that it
/// takes the same time for every guess.
#[derive(Clone)]
pub struct ServerKey(Vec<[u8; 32]>);

impl ServerKey {
    /// Those keys, each of which is good; none where there are none.
    pub fn of(keys: &[String]) -> Option<Self> {
        let hashes = keys.iter().map(|key| Sha256::digest(key).into());
        (!keys.is_empty()).then(|| Self(hashes.collect()))
    }

    fn is(&self, guess: &str) -> bool {
        let guess: [u8; 32] = Sha256::digest(guess).into();
        let same = self.0.iter().map(|key| key.ct_eq(&guess));
        same.fold(Choice::from(0), |one, other| one | other).into()
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey")
    }
}

impl Chat {
    /// Whether somebody with this key is our backend; none when no backend may publish.
    pub fn knows_backend(&self, key: &str) -> Option<bool> {
        self.policy.server_key.as_ref().map(|known| known.is(key))
    }

    /// Tells of an event whose name has been checked, with JSON as its argument. Best effort: it takes no `rev`, and nobody says who
    /// has heard it.
    pub async fn publish(
        &self,
        to: Recipients,
        event: String,
        data: String,
    ) -> Result<(), Problem> {
        if let Recipients::Room(room) = &to {
            let found = self.parts.store.revisions(std::slice::from_ref(room)).await;
            let found = found.map_err(unavailable)?;
            if !found.iter().any(|standpoint| !standpoint.deleted) {
                return Err(Problem::no_room());
            }
        }
        self.parts
            .telling
            .tell(vec![Signal::Custom { to, event, data }]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<const N: usize>(keys: [&str; N]) -> ServerKey {
        ServerKey::of(&keys.map(str::to_owned)).unwrap()
    }

    #[test]
    fn one_key_fits() {
        let key = of(["a key"]);
        assert!(key.is("a key"));
        for guess in ["", "a", "a key ", "another"] {
            assert!(!key.is(guess), "{guess}");
        }
        assert_eq!(format!("{key:?}"), "ServerKey");
    }

    #[test]
    fn while_it_is_changed_two_fit() {
        let key = of(["old", "new"]);
        assert!(key.is("old") && key.is("new"));
        for guess in ["", ",", "old,new"] {
            assert!(!key.is(guess), "{guess}");
        }
        assert!(ServerKey::of(&[]).is_none());
    }
}
