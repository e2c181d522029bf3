//! Access tokens (JWT) and refresh tokens: ours are made and checked here, those of an external issuer are handed on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::external_tokens::ExternalTokens;
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
    external: Option<ExternalTokens>,
}

#[derive(Serialize)]
struct OwnClaims<'a> {
    sub: &'a str,
    name: &'a str,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<uuid::Uuid>,
    iat: i64,
}

/// What is read of any token.
#[derive(Deserialize)]
pub(super) struct Claims {
    sub: String,
    name: Option<String>,
    preferred_username: Option<String>,
    #[serde(deserialize_with = "whole_seconds")]
    pub(super) exp: i64,
    /// Ours is a UUID; another issuer's may be anything.
    sid: Option<serde_json::Value>,
}

/// A NumericDate (RFC 7519), which may have a fraction.
fn whole_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    f64::deserialize(deserializer).map(|seconds| seconds as i64)
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
    /// With the secret that all replicas share, and without an external issuer.
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
            external: None,
        }
    }

    /// Takes the tokens of an external issuer as well.
    pub fn with_external(self, external: Option<ExternalTokens>) -> Self {
        Self { external, ..self }
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
        let claims = OwnClaims {
            sub: user.as_str(),
            name: username,
            exp: now.saturating_add(seconds),
            sid: session,
            iat: now,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).map_err(
            |error| {
                tracing::error!(%error, "a token could not be signed");
                Problem::internal()
            },
        )
    }

    /// What the token says, if it is whole, unexpired, and either signed with the secret (HS256 and nothing else) or, with RS256,
    /// ES256 or EdDSA, by the external issuer. Waits 2 s at most for an issuer's key; `unavailable` if it cannot be had.
    pub async fn check(&self, token: &str) -> Result<Identity, Problem> {
        if token.len() > TOKEN_MAX {
            return Err(refused("the token is too long"));
        }
        let header =
            jsonwebtoken::decode_header(token).map_err(|_| refused("the token is not valid"))?;
        // What must be understood and is not (RFC 7515, 4.1.11) may turn the meaning of all else around.
        if header.crit.is_some() {
            return Err(refused("the token is not valid"));
        }
        if header.alg != Algorithm::HS256 {
            return match &self.external {
                Some(external) => external.check(token, &header).await,
                None => Err(refused("the token is not valid")),
            };
        }
        let claims = claims_of(token, &self.decoding, &self.validation)?;
        let expires_at = Timestamp::from_millis(claims.exp.saturating_mul(1_000));
        // The library still takes a token within the second in which it expires, and a socket would be cut and come back in a loop.
        if expires_at <= Timestamp::now() {
            return Err(refused(EXPIRED));
        }
        let session = claims
            .sid
            .as_ref()
            .and_then(|sid| sid.as_str()?.parse().ok());
        claims.identity(expires_at, session)
    }
}

impl Claims {
    /// Who they are about.
    pub(super) fn identity(
        self,
        expires_at: Timestamp,
        session: Option<uuid::Uuid>,
    ) -> Result<Identity, Problem> {
        let user =
            UserId::parse(&self.sub).map_err(|_| refused("the token's `sub` is not a user id"))?;
        let username = self
            .name
            .or(self.preferred_username)
            .unwrap_or_else(|| user.to_string());
        Ok(Identity {
            user,
            username,
            expires_at,
            session,
        })
    }
}

/// What is said of a token that was good.
pub(super) const EXPIRED: &str = "the token has expired; get a new one";

/// `unauthenticated`, in the words that clients look for.
pub(super) fn refused(what: &str) -> Problem {
    Problem::new(
        Code::Unauthenticated,
        format!("Authentication failed: {what}."),
    )
}

/// The claims of a token whose signature and claims are good.
pub(super) fn claims_of(
    token: &str,
    key: &DecodingKey,
    validation: &Validation,
) -> Result<Claims, Problem> {
    use jsonwebtoken::errors::ErrorKind;
    jsonwebtoken::decode::<Claims>(token, key, validation)
        .map(|token| token.claims)
        .map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => refused(EXPIRED),
            ErrorKind::ImmatureSignature => refused("the token is not good yet"),
            ErrorKind::InvalidIssuer => refused("the token is of another issuer"),
            ErrorKind::InvalidAudience => refused("the token is for another audience"),
            _ => refused("the token is not valid"),
        })
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

    #[tokio::test]
    async fn a_signed_token_says_who() {
        let user = UserId::parse("u-1").unwrap();
        let session = uuid::Uuid::now_v7();
        let token = tokens().sign(&user, "Ada", Some(session), 60).unwrap();
        let identity = tokens().check(&token).await.unwrap();
        assert_eq!((identity.user, identity.username.as_str()), (user, "Ada"));
        assert_eq!(identity.session, Some(session));
    }

    #[tokio::test]
    async fn what_is_not_ours_or_has_expired_is_refused() {
        let user = UserId::parse("u-1").unwrap();
        let other = Tokens::new(b"another secret of thirty-two bytes!!");
        let unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTEiLCJleHAiOjQxMDI0NDQ4MDB9.";
        for token in [
            other.sign(&user, "Ada", None, 60).unwrap(),
            tokens().sign(&user, "Ada", None, 0).unwrap(),
            unsigned.into(),
            "x".into(),
        ] {
            let problem = tokens().check(&token).await.unwrap_err();
            assert_eq!(problem.code, Code::Unauthenticated);
            assert!(problem.message.starts_with("Authentication failed"));
        }
    }
}
