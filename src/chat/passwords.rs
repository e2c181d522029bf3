//! Passwords and their hashes: argon2id with the parameters that OWASP recommends, away from the threads that serve everybody.
//!
//! A hash takes some 20 ms of a core and 19 MiB. As many are compared at once as there are cores, and half as many are made; those
//! beyond wait, and those beyond the waiting are told to come again. Anybody may make accounts without end: who does so waits for
//! others of the kind, and keeps nobody from logging in.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use unicode_normalization::UnicodeNormalization;

use crate::domain::error::{Code, Problem};

/// The fewest characters of a password.
pub const PASSWORD_MIN: usize = 8;
/// The most.
pub const PASSWORD_MAX: usize = 256;
/// A character takes four bytes at most.
const PASSWORD_BYTES: usize = 4 * PASSWORD_MAX;
/// How many hashes may wait for each that is being made: about a second's work.
const WAITING_FOR_EACH: usize = 32;
/// A fixed salt for the hash that is compared with nothing.
const NO_SALT: [u8; 16] = [0; 16];

/// A password in the form that is hashed (NFC, so that it is the same from every keyboard), of a length that may be.
pub struct Password(String);

impl Password {
    /// `None` where its length is out of bounds.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > PASSWORD_BYTES {
            return None;
        }
        let normal: String = text.nfc().collect();
        (PASSWORD_MIN..=PASSWORD_MAX)
            .contains(&normal.chars().count())
            .then_some(Self(normal))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes and checks hashes.
pub struct Passwords {
    hasher: Argon2<'static>,
    making: Queue,
    checking: Queue,
}

/// Work of one kind: how much is done at once, and how much is taken in.
struct Queue {
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Passwords {
    /// For a machine with so many cores.
    pub fn new(cores: usize) -> Result<Self, argon2::Error> {
        let cores = cores.max(1);
        let parameters = Params::new(19_456, 2, 1, None)?;
        Ok(Self {
            hasher: Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters),
            making: Queue::of(cores.div_ceil(2)),
            checking: Queue::of(cores),
        })
    }

    /// The hash of a new password, in PHC format, with a salt of its own.
    pub async fn hash(&self, password: Password) -> Result<String, Problem> {
        let hasher = self.hasher.clone();
        let salt: [u8; 16] = rand::random();
        self.making
            .work(move || {
                let hash = hasher.hash_password_with_salt(password.0.as_bytes(), &salt);
                hash.map(|hash| hash.to_string()).map_err(|error| {
                    tracing::error!(%error, "a password could not be hashed");
                    Problem::internal()
                })
            })
            .await?
    }

    /// Whether the password is the one of this hash. Without a hash it is not, and saying so takes the same work.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool, Problem> {
        let hasher = self.hasher.clone();
        self.checking
            .work(move || {
                let password = password.0.as_bytes();
                let Some(hash) = hash else {
                    // Nobody learns its outcome, but its time.
                    let _ = hasher.hash_password_with_salt(password, &NO_SALT);
                    return Ok(false);
                };
                // The hash names its own parameters, so that older ones stay good when these change.
                let parsed = PasswordHash::new(&hash).map_err(|error| {
                tracing::error!(%error, "the store holds a password's hash that cannot be read");
                Problem::internal()
            })?;
                Ok(hasher.verify_password(password, &parsed).is_ok())
            })
            .await?
    }
}

impl Queue {
    fn of(at_once: usize) -> Self {
        Self {
            working: Arc::new(Semaphore::new(at_once)),
            admitted: Arc::new(Semaphore::new(at_once * (1 + WAITING_FOR_EACH))),
        }
    }

    /// Does it on a thread that may be blocked, in its turn. A caller that goes away gives up its turn.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let admitted = self
            .admitted
            .clone()
            .try_acquire_owned()
            .map_err(|_| too_many())?;
        let working = self
            .working
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| too_many())?;
        let held: [OwnedSemaphorePermit; 2] = [admitted, working];
        let done = tokio::task::spawn_blocking(move || {
            let _held = held;
            job()
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "a password's hash was not finished");
            Problem::internal()
        })
    }
}

fn too_many() -> Problem {
    Problem {
        retry_after_ms: Some(1_000),
        ..Problem::new(
            Code::Unavailable,
            "Too many people are coming in at this moment; try again.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[test]
    fn a_password_has_8_to_256_characters() {
        for (text, good) in [
            ("1234567".to_owned(), false),
            ("12345678".to_owned(), true),
            ("ü".repeat(256), true),
            ("🔑".repeat(256), true),
            ("x".repeat(257), false),
            ("x".repeat(1_000_000), false),
        ] {
            assert_eq!(
                Password::new(&text).is_some(),
                good,
                "{} characters",
                text.len()
            );
        }
    }

    #[tokio::test]
    async fn a_hash_is_of_one_password_and_names_its_parameters() {
        let passwords = Passwords::new(1).unwrap();
        let hash = passwords.hash(password("correct hörse")).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let again = passwords.hash(password("correct hörse")).await.unwrap();
        assert_ne!(hash, again);
        let verify = async |text: &str| {
            let hash = Some(hash.clone());
            passwords.verify(password(text), hash).await.unwrap()
        };
        assert!(verify("correct hörse").await);
        assert!(verify("correct ho\u{0308}rse").await);
        assert!(!verify("correct Hörse").await);
        let nobody = passwords.verify(password("correct hörse"), None).await;
        assert_eq!(nobody, Ok(false));
    }

    #[tokio::test]
    async fn beyond_the_waiting_there_is_no_place() {
        let passwords = Passwords::new(1).unwrap();
        let all = passwords
            .checking
            .working
            .clone()
            .acquire_owned()
            .await
            .unwrap();
        let mut waiting = futures_util::stream::FuturesUnordered::new();
        for _ in 0..=WAITING_FOR_EACH {
            waiting.push(passwords.verify(password("12345678"), None));
        }
        let first = futures_util::poll!(futures_util::StreamExt::next(&mut waiting));
        assert!(first.is_pending());
        let refused = passwords.verify(password("12345678"), None).await;
        assert_eq!(refused.unwrap_err().code, Code::Unavailable);
        drop(waiting);
        drop(all);
        assert_eq!(
            passwords.verify(password("12345678"), None).await,
            Ok(false)
        );
    }

    #[tokio::test]
    async fn however_many_make_accounts_others_log_in() {
        let passwords = Passwords::new(1).unwrap();
        let all = passwords.making.admitted.available_permits();
        let _taken = passwords
            .making
            .admitted
            .clone()
            .acquire_many_owned(all as u32)
            .await
            .unwrap();
        let refused = passwords.hash(password("12345678")).await;
        assert_eq!(refused.unwrap_err().code, Code::Unavailable);
        assert_eq!(
            passwords.verify(password("12345678"), None).await,
            Ok(false)
        );
    }
}
