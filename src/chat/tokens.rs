//! Access tokens (JWT, HS256) and refresh tokens.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::{
    error::{Code, Problem},
    id::UserId,
    timestamp::Timestamp,
};

/// How long an access token made here is good, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// How long a refresh token is good, in seconds.
pub const REFRESH_SECONDS: i64 = 30 * 24 * 60 * 60;
/// The fewest bytes of a signing secret.
pub const SECRET_MIN: usize = 32;
/// Longer tokens are not looked at.
const TOKEN_MAX: usize = 8 * 1024;

/// Makes and checks tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<String>,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<uuid::Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
}

/// What a valid token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub user: UserId,
    /// What they would like to be called.
    pub username: String,
    /// From then on the token is worth nothing.
    pub expires_at: Timestamp,
    /// The log-in that it came from, if that was one of ours.
    pub session: Option<uuid::Uuid>,
}

impl Tokens {
    /// With the secret that all replicas share.
    pub fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.validate_nbf = true;
        validation.validate_aud = false;
        // Tokens are made by clocks near this one; external ones, with their leeway, are another matter.
        validation.leeway = 0;
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            validation,
        }
    }

    /// A token for `user` that is good for `seconds`.
    pub fn sign(
        &self,
        user: &UserId,
        username: &str,
        session: Option<uuid::Uuid>,
        seconds: i64,
    ) -> Result<String, Problem> {
        let now = Timestamp::now().as_millis() / 1_000;
        let claims = Claims {
            sub: user.to_string(),
            name: Some(username.to_owned()),
            preferred_username: None,
            exp: now.saturating_add(seconds),
            sid: session,
            iat: Some(now),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(
            |error| {
                tracing::error!(%error, "a token could not be signed");
                Problem::internal()
            },
        )
    }

    /// What the token says, if it is one of ours (HS256 and nothing else), unexpired and whole.
    pub fn check(&self, token: &str) -> Result<Identity, Problem> {
        let refused = |what: &str| {
            Problem::new(
                Code::Unauthenticated,
                format!("Authentication failed: {what}."),
            )
        };
        if token.len() > TOKEN_MAX {
            return Err(refused("the token is too long"));
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => {
                    refused("the token has expired; get a new one")
                }
                _ => refused("the token is not valid"),
            })?
            .claims;
        let expires_at = Timestamp::from_millis(claims.exp.saturating_mul(1_000));
        // The library still takes a token within the second in which it expires, and a socket would be cut and come back in a loop.
        if expires_at <= Timestamp::now() {
            return Err(refused("the token has expired; get a new one"));
        }
        let user = UserId::parse(&claims.sub)
            .map_err(|_| refused("the token's `sub` is not a user id"))?;
        let username = claims
            .name
            .or(claims.preferred_username)
            .unwrap_or_else(|| user.to_string());
        Ok(Identity {
            user,
            username,
            expires_at,
            session: claims.sid,
        })
    }
}

/// A new refresh token: 256 random bits as text.
pub fn refresh_token() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a refresh token. Its 256 random bits need no slow hash.
pub fn refresh_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(b"a secret of at least thirty-two bytes")
    }

    #[test]
    fn a_signed_token_says_who() {
        let user = UserId::parse("u-1").unwrap();
        let identity = tokens()
            .check(&tokens().sign(&user, "Ada", None, 60).unwrap())
            .unwrap();
        assert_eq!((identity.user, identity.username.as_str()), (user, "Ada"));
    }

    #[test]
    fn what_is_not_ours_or_has_expired_is_refused() {
        let user = UserId::parse("u-1").unwrap();
        let other = Tokens::new(b"another secret of thirty-two bytes!!");
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTEiLCJleHAiOjQxMDI0NDQ4MDB9.";
        for token in [
            other.sign(&user, "Ada", None, 60).unwrap(),
            tokens().sign(&user, "Ada", None, 0).unwrap(),
            unsigned.into(),
            "x".into(),
        ] {
            let problem = tokens().check(&token).unwrap_err();
            assert_eq!(problem.code, Code::Unauthenticated);
            assert!(problem.message.starts_with("Authentication failed"));
        }
    }
}
