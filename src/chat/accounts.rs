//! Who somebody is: by a token, as a guest, or with an account of their own.

use std::{net::IpAddr, sync::Arc, time::Duration};

use super::{
    Chat,
    passwords::{PASSWORD_MAX, PASSWORD_MIN, Password},
    sessions::Session,
    tokens::Identity,
    unavailable,
};
use crate::{
    domain::{
        account::{Account, username, username_from, username_key},
        error::{Code, Problem},
        id::UserId,
        subscriber::Subscriber,
        timestamp::Timestamp,
    },
    ports::{
        limits::{Key, Quota, Verdict},
        store::NewAccount,
    },
};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Somebody who has proved who they are.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub account: Arc<Account>,
    /// From then on the proof is worth nothing.
    pub expires_at: Timestamp,
    /// The log-in that the proof came from, if that was one of ours.
    pub session: Option<uuid::Uuid>,
}

impl Chat {
    /// Who the token says is calling; made a user on first sight.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Problem> {
        let Identity {
            user,
            username: wish,
            expires_at,
            session,
        } = self.parts.tokens.check(token).await?;
        if self.has_ended(session) {
            return Err(Problem::new(
                Code::Unauthenticated,
                "Authentication failed: the session has ended; sign in again.",
            ));
        }
        let wish = username_from(&wish)
            .or_else(|| username_from(user.as_str()))
            .unwrap_or_else(|| "user".into());
        let account = self.arrivals.of(user, &wish).await?;
        Ok(Caller {
            account,
            expires_at,
            session,
        })
    }

    /// Whether the log-in that a caller came from has ended since. To be asked again once a socket is where the end of a session
    /// would find it: the session may have ended just before.
    pub fn has_ended(&self, session: Option<uuid::Uuid>) -> bool {
        session.is_some_and(|session| self.parts.ended.has(session))
    }

    /// Lets somebody in without a password, under a name like the one they wish for.
    ///
    /// How many accounts come from one address is limited, guests and others together.
    pub async fn guest(&self, wish: &str, from: IpAddr) -> Result<Session, Problem> {
        if !self.policy.guests {
            return Err(Problem::new(
                Code::Forbidden,
                "This server takes no guests; sign in with an account.",
            ));
        }
        let name = username(wish).map_err(|refusal| Problem::invalid(refusal.to_string()))?;
        self.take_account(from).await?;
        let account = self
            .parts
            .store
            .first_sight(&fresh_user()?, &name)
            .await
            .map_err(unavailable)?;
        self.open_session(account).await
    }

    /// Makes an account with a password, and logs it in. `conflict` when the name is taken, without case; that costs the address as much
    /// as an account, since it took as much work.
    pub async fn register(
        &self,
        wish: &str,
        password: &str,
        from: IpAddr,
    ) -> Result<Session, Problem> {
        if !self.policy.registration {
            return Err(Problem::new(
                Code::Forbidden,
                "This server makes no accounts by itself; ask its operator for one.",
            ));
        }
        let name = username(wish).map_err(|refusal| Problem::invalid(refusal.to_string()))?;
        let password = Password::new(password).ok_or_else(|| {
            Problem::invalid(format!(
                "`password` is {PASSWORD_MIN} to {PASSWORD_MAX} characters."
            ))
        })?;
        if username_key(password.as_str()) == username_key(&name) {
            return Err(Problem::invalid(
                "`password` is the username; choose another.",
            ));
        }
        self.take_account(from).await?;
        let new = NewAccount {
            id: fresh_user()?,
            username: name,
            password: self.parts.passwords.hash(password).await?,
        };
        let account = self
            .parts
            .store
            .register(&new)
            .await
            .map_err(unavailable)?
            .ok_or_else(|| {
                Problem::new(
                    Code::Conflict,
                    "The username is taken; choose another, or log in.",
                )
            })?;
        self.open_session(account).await
    }

    /// One account more from this address.
    async fn take_account(&self, from: IpAddr) -> Result<(), Problem> {
        let Some(most) = self.policy.accounts_per_address else {
            return Ok(());
        };
        let quota = Quota::one_every(HOUR / most.get(), most);
        let key = Key::new("accounts", Subscriber::of(from).to_string());
        match self.parts.limits.take(&key, quota).await {
            Verdict::Allowed => Ok(()),
            Verdict::Wait(wait) => Err(Problem::rate_limited(
                "Too many accounts were made from this address; wait a little.",
                Some(wait),
            )),
        }
    }
}

fn fresh_user() -> Result<UserId, Problem> {
    UserId::parse(&uuid::Uuid::now_v7().to_string()).map_err(|_| Problem::internal())
}
