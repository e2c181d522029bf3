//! Sessions: logging in, going on with a refresh token, and logging out.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngExt;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::{
    Chat,
    passwords::Password,
    tokens::{self, ACCESS_SECONDS, REFRESH_SECONDS},
    unavailable,
};
use crate::{
    domain::{
        account::{Account, username, username_key},
        error::{Code, Problem},
        presence::Signal,
        subscriber::Subscriber,
        timestamp::Timestamp,
    },
    ports::{
        limits::{Key, Quota, Verdict},
        store::{FORGOTTEN_AT_ONCE, NextToken, RefreshToken, Rotation, Store},
    },
};

/// Failures to log in to one account: ten at once, and one more every 30 s. Whoever uses them up keeps its owner out as well, and
/// that is the lesser evil; who is logged in already stays so.
const BY_ACCOUNT: Quota = Quota::one_every(Duration::from_secs(30), number(10));
/// Failures to log in from one address: a hundred at once, and one more every second. Many people may share one.
const BY_ADDRESS: Quota = Quota::one_every(Duration::from_secs(1), number(100));
/// The time between two clearings of expired tokens, up to a half longer by chance.
const CLEARING_EVERY: Duration = Duration::from_secs(5 * 60);
/// Between two batches of one clearing, so that others get at the store.
const CLEARING_PAUSE: Duration = Duration::from_millis(200);
/// Tokens are kept for so long after they have expired: the clocks of replicas differ.
const EXPIRED_KEPT: i64 = 60 * 60 * 1_000;

const fn number(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// What a log-in gives.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub account: Arc<Account>,
    /// For requests and handshakes; good for [`ACCESS_SECONDS`].
    pub access_token: String,
    /// For the next session, once.
    pub refresh_token: String,
}

impl Chat {
    /// Logs in to an account with a password. Whether the name or the password is wrong is not said, and takes the same work.
    ///
    /// Failures are limited by account, also by one that there is not, and by the address that the attempt comes from.
    pub async fn log_in(
        &self,
        name: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<Session, Problem> {
        let name = username(name).map_err(|_| name);
        let budgets = [
            (by_account(&name), BY_ACCOUNT),
            (by_address(from), BY_ADDRESS),
        ];
        for (nth, (key, quota)) in budgets.iter().enumerate() {
            if let Verdict::Wait(wait) = self.parts.limits.take(key, *quota).await {
                // What one budget refuses costs the others nothing.
                self.give_back(&budgets[..nth]).await;
                return Err(Problem::rate_limited(
                    "Too many failed attempts to log in; wait a little.",
                    Some(wait),
                ));
            }
        }
        let verified = self.verified(name.ok().as_deref(), password).await;
        // Only failures are to count; what could not be decided is none.
        if !matches!(verified, Ok(None)) {
            self.give_back(&budgets).await;
        }
        let account = verified?.ok_or_else(|| {
            Problem::new(
                Code::Unauthenticated,
                "Authentication failed: the username or the password is wrong.",
            )
        })?;
        self.open_session(account).await
    }

    /// A new session for an old one's refresh token, once. A token used twice ends all sessions that came from the same log-in.
    pub async fn refresh(&self, token: &str) -> Result<Session, Problem> {
        let refresh_token = tokens::refresh_token();
        let next = NextToken {
            hash: tokens::refresh_hash(&refresh_token),
            expires_at: refresh_expiry(),
        };
        let old = tokens::refresh_hash(token);
        match self
            .parts
            .store
            .rotate_refresh_token(&old, &next, Timestamp::now())
            .await
            .map_err(unavailable)?
        {
            Rotation::Rotated(account, family) => {
                return self.session(Arc::new(account), family, refresh_token);
            }
            Rotation::Reused(ended) => self.parts.telling.tell(vec![Signal::SessionEnded(ended)]),
            Rotation::Refused => {}
        }
        Err(Problem::new(
            Code::Unauthenticated,
            "Authentication failed: the refresh token is not valid; sign in again.",
        ))
    }

    /// Ends the session of a refresh token, and cuts its user's sockets on every replica. An unknown token is no error.
    pub async fn log_out(&self, token: &str) -> Result<(), Problem> {
        let ended = self
            .parts
            .store
            .end_session(&tokens::refresh_hash(token), Timestamp::now())
            .await
            .map_err(unavailable)?;
        if let Some(ended) = ended {
            self.parts.telling.tell(vec![Signal::SessionEnded(ended)]);
        }
        Ok(())
    }

    /// The first session of a log-in.
    pub(super) async fn open_session(&self, account: Account) -> Result<Session, Problem> {
        let refresh_token = tokens::refresh_token();
        let kept = RefreshToken {
            hash: tokens::refresh_hash(&refresh_token),
            family: uuid::Uuid::now_v7(),
            user: account.id.clone(),
            expires_at: refresh_expiry(),
        };
        self.parts
            .store
            .keep_refresh_token(&kept)
            .await
            .map_err(unavailable)?;
        self.session(Arc::new(account), kept.family, refresh_token)
    }

    fn session(
        &self,
        account: Arc<Account>,
        family: uuid::Uuid,
        refresh_token: String,
    ) -> Result<Session, Problem> {
        let access_token =
            self.parts
                .tokens
                .sign(&account.id, &account.username, Some(family), ACCESS_SECONDS)?;
        Ok(Session {
            account,
            access_token,
            refresh_token,
        })
    }

    /// The account of that name, if the password is its own.
    async fn verified(
        &self,
        name: Option<&str>,
        password: &str,
    ) -> Result<Option<Account>, Problem> {
        // A password of another length is nobody's.
        let Some(password) = Password::new(password) else {
            return Ok(None);
        };
        let found = match name {
            Some(name) => self
                .parts
                .store
                .password(&username_key(name))
                .await
                .map_err(unavailable)?,
            None => None,
        };
        let (account, hash) = found.unzip();
        let right = self.parts.passwords.verify(password, hash).await?;
        Ok(account.filter(|_| right))
    }

    async fn give_back(&self, budgets: &[(Key, Quota)]) {
        for (key, quota) in budgets {
            self.parts.limits.give_back(key, *quota).await;
        }
    }
}

/// Clears expired refresh tokens away, now and then, until `stop`.
pub async fn clear_expired(store: Arc<dyn Store>, stop: CancellationToken) {
    loop {
        let pause = CLEARING_EVERY.mul_f64(rand::rng().random_range(1.0..=1.5));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        let before = Timestamp::from_millis(Timestamp::now().as_millis() - EXPIRED_KEPT);
        loop {
            match store.forget_tokens(before).await {
                Ok(cleared) if cleared >= FORGOTTEN_AT_ONCE as u64 => {}
                Ok(_) => break,
                Err(error) => {
                    error.log("expired refresh tokens could not be cleared away");
                    break;
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(CLEARING_PAUSE) => {}
            }
        }
    }
}

/// The budget of an account, by its name without case; what can be no name has one as well. Hashed: a name may be a password that
/// was typed in the wrong field.
fn by_account(name: &Result<String, &str>) -> Key {
    let subject = match name {
        Ok(name) => username_key(name),
        Err(text) => (*text).to_owned(),
    };
    Key::new(
        "login:account",
        URL_SAFE_NO_PAD.encode(Sha256::digest(subject)),
    )
}

/// The budget of an address.
fn by_address(from: IpAddr) -> Key {
    Key::new("login:address", Subscriber::of(from).to_string())
}

fn refresh_expiry() -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + REFRESH_SECONDS * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_and_one_subscriber_have_one_budget() {
        let account = |name: &str| by_account(&Ok(name.into()));
        assert!(account("Ada") == account("aDA"));
        assert!(account("Ada") != account("Ida"));
        assert!(!format!("{:?}", account("Ada")).contains("Ada"));
        let address = |text: &str| by_address(text.parse().unwrap());
        assert!(address("2001:db8::1") == address("2001:db8::ffff:1"));
        assert!(address("192.0.2.1") != address("192.0.2.2"));
    }
}
