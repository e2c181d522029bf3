//! An event of a backend's own, for a room, a user or everybody.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Chat, unavailable};
use crate::domain::{
    error::Problem,
    presence::{Recipients, Signal},
};

/// What a backend proves itself with. Kept as a hash: comparing takes the same time for every guess, however long.
#[derive(Clone)]
pub struct ServerKey([u8; 32]);

impl ServerKey {
    /// The key of that text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    fn is(&self, guess: &str) -> bool {
        self.0.ct_eq(&Self::of(guess).0).into()
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

    #[test]
    fn one_key_fits() {
        let key = ServerKey::of("a key");
        assert!(key.is("a key"));
        for guess in ["", "a", "a key ", "another"] {
            assert!(!key.is(guess), "{guess}");
        }
        assert_eq!(format!("{key:?}"), "ServerKey");
    }
}
