//! Who somebody is: by a token, or as a guest.

use std::sync::Arc;

use super::{
    Chat,
    tokens::{self, ACCESS_SECONDS, Identity, REFRESH_SECONDS},
    unavailable,
};
use crate::{
    domain::{
        account::{Account, username_from},
        error::{Code, Problem},
        id::UserId,
        timestamp::Timestamp,
    },
    ports::store::{NextToken, RefreshToken, Rotation},
};

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
    /// Who the token says is calling; made a user on first sight.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, Problem> {
        let Identity {
            user,
            username,
            expires_at,
            session,
        } = self.parts.tokens.check(token)?;
        if let Some(account) = self.known.get(&user) {
            return Ok(Caller {
                account,
                expires_at,
                session,
            });
        }
        let wish = username_from(&username)
            .or_else(|| username_from(user.as_str()))
            .unwrap_or_else(|| "user".into());
        let account = Arc::new(
            self.parts
                .store
                .first_sight(&user, &wish)
                .await
                .map_err(unavailable)?,
        );
        self.known.met(account.clone());
        Ok(Caller {
            account,
            expires_at,
            session,
        })
    }

    /// Lets somebody in without a password, under a name like the one they wish for.
    pub async fn guest(&self, wish: &str) -> Result<Session, Problem> {
        if !self.policy.guests {
            return Err(Problem::new(
                Code::Forbidden,
                "This server takes no guests; sign in with an account.",
            ));
        }
        let name = username_from(wish).ok_or_else(|| {
            Problem::invalid("`username` is 1 to 32 characters that can be seen.")
        })?;
        if wish.trim().chars().count() > crate::domain::account::USERNAME_MAX {
            return Err(Problem::invalid(
                "`username` is 1 to 32 characters that can be seen.",
            ));
        }
        let id =
            UserId::parse(&uuid::Uuid::now_v7().to_string()).map_err(|_| Problem::internal())?;
        let account = Arc::new(
            self.parts
                .store
                .first_sight(&id, &name)
                .await
                .map_err(unavailable)?,
        );
        let refresh_token = tokens::refresh_token();
        let kept = RefreshToken {
            hash: tokens::refresh_hash(&refresh_token),
            family: uuid::Uuid::now_v7(),
            user: id,
            expires_at: refresh_expiry(),
        };
        self.parts
            .store
            .keep_refresh_token(&kept)
            .await
            .map_err(unavailable)?;
        self.session(account, kept.family, refresh_token)
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
                self.session(Arc::new(account), family, refresh_token)
            }
            Rotation::Reused(_) | Rotation::Refused => Err(Problem::new(
                Code::Unauthenticated,
                "Authentication failed: the refresh token is not valid; sign in again.",
            )),
        }
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
}

fn refresh_expiry() -> Timestamp {
    Timestamp::from_millis(Timestamp::now().as_millis() + REFRESH_SECONDS * 1_000)
}
