//! Tokens that an external issuer has signed: which key may have signed one, and what else must be true of it.

use std::sync::Arc;

use jsonwebtoken::{Header, Validation};

use super::{
    external_keys::{ExternalKeys, NoKey},
    tokens::{EXPIRED, Identity, claims_of, refused},
};
use crate::domain::{
    error::{Code, Problem},
    timestamp::Timestamp,
};

/// How far the issuer's clock may be from this one, in seconds: a token is good for so long before `nbf` and after `exp`.
pub const LEEWAY: i64 = 60;
/// A socket whose token has expired is to be cut within a minute, so a little before the leeway has passed.
const CUT_AFTER: i64 = LEEWAY - 2;

/// Checks the tokens of an external issuer.
pub struct ExternalTokens {
    keys: Arc<ExternalKeys>,
    issuer: Option<String>,
    audience: Option<String>,
}

impl ExternalTokens {
    /// Tokens signed with one of `keys`; where given, `iss` must be the issuer, and `aud` must be or hold the audience.
    pub fn new(keys: Arc<ExternalKeys>, issuer: Option<String>, audience: Option<String>) -> Self {
        Self {
            keys,
            issuer,
            audience,
        }
    }

    /// What the token says, if the key that it names has signed it and the rest is true as well. The algorithm is the key's: a token
    /// whose header says another is refused before anything is computed.
    pub async fn check(&self, token: &str, header: &Header) -> Result<Identity, Problem> {
        let found = self.keys.find(header.kid.as_deref(), header.alg).await;
        let key = found.map_err(|no_key| match no_key {
            NoKey::Unknown => refused("the token is signed with a key that its issuer does not have"),
            NoKey::Away => Problem {
                retry_after_ms: Some(1_000),
                ..Problem::new(
                    Code::Unavailable,
                    "Authentication failed: the keys of the token's issuer cannot be had now; try again.",
                )
            },
        })?;
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY as u64;
        validation.validate_nbf = true;
        validation.validate_aud = self.audience.is_some();
        let mut required = vec!["exp", "sub"];
        if let Some(issuer) = &self.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        if let Some(audience) = &self.audience {
            validation.set_audience(&[audience]);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        let claims = claims_of(token, &key.decoding, &validation)?;
        let after_exp = |seconds| {
            Timestamp::from_millis(claims.exp.saturating_add(seconds).saturating_mul(1_000))
        };
        if after_exp(LEEWAY) <= Timestamp::now() {
            return Err(refused(EXPIRED));
        }
        let expires_at = after_exp(CUT_AFTER);
        claims.identity(expires_at, None)
    }
}
