//! Access tokens (JWT) and refresh tokens: ours are made and checked here, those of an external issuer are handed on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
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
    /// The one that signs first.
    secrets: Vec<Secret>,
    validation: Validation,
    external: Option<ExternalTokens>,
}

/// A secret whose tokens are good here.
struct Secret {
    /// What tokens that are signed with it here call it.
    kid: String,
    decoding: DecodingKey,
}

impl Secret {
    fn new(secret: &[u8]) -> Self {
        // Tells two secrets apart, and nothing of either to anybody who could not check a guess against the signature as well.
        let mut hash = Sha256::new_with_prefix(b"belfry signing secret: ");
        hash.update(secret);
        Self {
            kid: URL_SAFE_NO_PAD.encode(&hash.finalize()[..6]),
            decoding: DecodingKey::from_secret(secret),
        }
    }
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
            secrets: vec![Secret::new(secret)],
            validation,
            external: None,
        }
    }

    /// Takes what these secrets have signed as well: those of before, or one that other replicas sign with already.
    pub fn with_others(mut self, secrets: &[Vec<u8>]) -> Self {
        self.secrets
            .extend(secrets.iter().map(|secret| Secret::new(secret)));
        self
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
        let header = Header {
            kid: self.secrets.first().map(|secret| secret.kid.clone()),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|error| {
            tracing::error!(%error, "a token could not be signed");
            Problem::internal()
        })
    }

    /// What the token says, if it is whole, unexpired, and either signed with one of the secrets (HS256 and nothing else) or, with RS256,
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
        let claims = self.own_claims(token, header.kid.as_deref())?;
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

    /// A token that names one of our secrets is most likely of that; others may have signed with any, under any name. Each comparison
    /// takes the same time whatever the signature.
    fn own_claims(&self, token: &str, kid: Option<&str>) -> Result<Claims, Problem> {
        let is_named = |secret: &&Secret| kid == Some(secret.kid.as_str());
        let named = self.secrets.iter().filter(is_named);
        let others = self.secrets.iter().filter(|secret| !is_named(secret));
        for secret in named.chain(others) {
            match read(token, &secret.decoding, &self.validation) {
                Err(ErrorKind::InvalidSignature) => {}
                read => return read.map_err(|kind| refusal(&kind)),
            }
        }
        Err(refusal(&ErrorKind::InvalidSignature))
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
    read(token, key, validation).map_err(|kind| refusal(&kind))
}

fn read(token: &str, key: &DecodingKey, validation: &Validation) -> Result<Claims, ErrorKind> {
    jsonwebtoken::decode::<Claims>(token, key, validation)
        .map(|token| token.claims)
        .map_err(|error| error.into_kind())
}

fn refusal(kind: &ErrorKind) -> Problem {
    match kind {
        ErrorKind::ExpiredSignature => refused(EXPIRED),
        ErrorKind::ImmatureSignature => refused("the token is not good yet"),
        ErrorKind::InvalidIssuer => refused("the token is of another issuer"),
        ErrorKind::InvalidAudience => refused("the token is for another audience"),
        _ => refused("the token is not valid"),
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
    async fn secrets_change_without_a_token_lost() {
        let (old, new) = (
            b"an old secret of thirty-two bytes or so".to_vec(),
            b"a new secret of thirty-two bytes or more".to_vec(),
        );
        let user = UserId::parse("u-1").unwrap();
        let by = |secret: &[u8]| Tokens::new(secret).sign(&user, "Ada", None, 60).unwrap();
        // Signed by an application, which gives its keys names of its own or none.
        let unnamed = {
            let claims = serde_json::json!({ "sub": "u-1", "exp": 4_102_444_800_i64 });
            let key = EncodingKey::from_secret(&old);
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
        };
        let both = Tokens::new(&new).with_others(std::slice::from_ref(&old));
        for token in [&by(&old), &by(&new), &unnamed] {
            assert!(both.check(token).await.is_ok());
        }
        let signed = both.sign(&user, "Ada", None, 60).unwrap();
        let after = Tokens::new(&new);
        assert!(after.check(&signed).await.is_ok());
        for token in [&by(&old), &unnamed] {
            assert!(after.check(token).await.is_err());
        }
        let late = Tokens::new(&old).sign(&user, "Ada", None, 0).unwrap();
        let problem = both.check(&late).await.unwrap_err();
        assert!(problem.message.contains(EXPIRED), "{}", problem.message);
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
