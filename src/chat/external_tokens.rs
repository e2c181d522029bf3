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

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{adapters::jwks::keys_at, chat::tokens::Tokens};

    // The example keys of RFC 7515 (A.3, P-256) and RFC 8037 (A.1, Ed25519), and the public half of A.2 (RSA).
    const EC: [&str; 3] = [
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    ];
    const ED: [&str; 2] = [
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    ];
    const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const SECRET: &[u8] = b"a secret of at least thirty-two bytes";

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn ec_key() -> EncodingKey {
        let head = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";
        EncodingKey::from_ec_der(&[hex(head), bytes(EC[2])].concat())
    }

    fn ed_key() -> EncodingKey {
        let head = "302e020100300506032b657004220420";
        EncodingKey::from_ed_der(&[hex(head), bytes(ED[1])].concat())
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    fn jwks() -> Value {
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "kid": "ec", "x": EC[0], "y": EC[1] },
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "alg": "EdDSA", "x": ED[0] },
            { "kty": "RSA", "kid": "rsa", "use": "sig", "n": RSA_N, "e": "AQAB" },
            { "kty": "oct", "kid": "oct", "k": URL_SAFE_NO_PAD.encode(SECRET) },
        ] })
    }

    /// A server with an issuer whose keys are in a file.
    struct Issuer {
        tokens: Tokens,
        stop: CancellationToken,
        _directory: tempfile::TempDir,
    }

    impl Drop for Issuer {
        fn drop(&mut self) {
            self.stop.cancel();
        }
    }

    impl Issuer {
        fn with(jwks: &Value, issuer: Option<&str>, audience: Option<&str>) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("jwks.json");
            std::fs::write(&path, jwks.to_string()).unwrap();
            let keys = ExternalKeys::new(keys_at(path.to_str().unwrap()).unwrap());
            let stop = CancellationToken::new();
            tokio::spawn(keys.clone().run(stop.clone()));
            let text = |text: Option<&str>| text.map(str::to_owned);
            let external = ExternalTokens::new(keys, text(issuer), text(audience));
            Self {
                tokens: Tokens::new(SECRET).with_external(Some(external)),
                stop,
                _directory: directory,
            }
        }

        async fn refuses(&self, token: &str) -> String {
            let problem = self.tokens.check(token).await.unwrap_err();
            assert_eq!(problem.code, Code::Unauthenticated, "{problem}");
            assert!(problem.message.starts_with("Authentication failed"));
            problem.message
        }
    }

    fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
        Header {
            kid: kid.map(str::to_owned),
            ..Header::new(algorithm)
        }
    }

    fn claims(exp: i64) -> Value {
        let now = Timestamp::now().as_millis() / 1_000;
        json!({ "sub": "u-1", "name": "Ada", "exp": now + exp, "sid": "not one of ours" })
    }

    fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
        jsonwebtoken::encode(header, claims, key).unwrap()
    }

    fn ed_signed(claims: &Value) -> String {
        signed(&header(Algorithm::EdDSA, Some("ed")), claims, &ed_key())
    }

    #[tokio::test]
    async fn the_issuer_says_who() {
        let issuer = Issuer::with(&jwks(), None, None);
        let by_ec = signed(
            &header(Algorithm::ES256, Some("ec")),
            &claims(60),
            &ec_key(),
        );
        for token in [by_ec, ed_signed(&claims(60))] {
            let identity = issuer.tokens.check(&token).await.unwrap();
            assert_eq!(identity.user.as_str(), "u-1");
            assert_eq!(identity.username, "Ada");
            assert_eq!(identity.session, None);
        }
    }

    #[tokio::test]
    async fn a_public_key_is_no_secret() {
        let issuer = Issuer::with(&jwks(), None, None);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{RSA_N}\n-----END PUBLIC KEY-----\n");
        for (kid, secret) in [
            ("rsa", bytes(RSA_N)),
            ("rsa", RSA_N.into()),
            ("rsa", pem.into_bytes()),
            ("rsa", jwks()["keys"][2].to_string().into_bytes()),
            ("ec", [bytes(EC[0]), bytes(EC[1])].concat()),
            ("ed", bytes(ED[0])),
        ] {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let key = EncodingKey::from_secret(&secret);
                let token = signed(&header(algorithm, Some(kid)), &claims(60), &key);
                issuer.refuses(&token).await;
            }
        }
    }

    #[tokio::test]
    async fn the_algorithm_is_the_keys_and_not_the_tokens() {
        let issuer = Issuer::with(&jwks(), None, None);
        let body = ed_signed(&claims(60));
        let (_, rest) = body.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        for (algorithm, kid) in [
            ("none", "ed"),
            ("NONE", "ed"),
            ("", "ed"),
            ("ES256", "ed"),
            ("RS256", "ec"),
            ("RS256", "ed"),
            ("EdDSA", "ec"),
            ("PS256", "rsa"),
            ("RS512", "rsa"),
            ("ES384", "ec"),
            ("EdDSA", "unknown"),
            // Keys that are secrets are none of the issuer's, and the server's own secret has no id.
            ("HS256", "oct"),
        ] {
            let header = json!({ "alg": algorithm, "kid": kid }).to_string();
            let header = URL_SAFE_NO_PAD.encode(header);
            for signature in [signature, ""] {
                issuer
                    .refuses(&format!("{header}.{payload}.{signature}"))
                    .await;
            }
        }
    }

    #[tokio::test]
    async fn a_signature_is_of_this_token_and_this_key() {
        let issuer = Issuer::with(&jwks(), None, None);
        let good = ed_signed(&claims(60));
        let (head, signature) = good.rsplit_once('.').unwrap();
        let other = ed_signed(&json!({ "sub": "mallory", "exp": 4_102_444_800_i64 }));
        let (other_head, _) = other.rsplit_once('.').unwrap();
        issuer.refuses(&format!("{other_head}.{signature}")).await;
        issuer.refuses(&format!("{head}.")).await;
        let carried = Header {
            jwk: serde_json::from_value(jwks()["keys"][1].clone()).unwrap(),
            ..header(Algorithm::EdDSA, Some("stranger"))
        };
        issuer
            .refuses(&signed(&carried, &claims(60), &ed_key()))
            .await;
        let critical = Header {
            crit: Some(vec!["b64".into()]),
            ..header(Algorithm::EdDSA, Some("ed"))
        };
        issuer
            .refuses(&signed(&critical, &claims(60), &ed_key()))
            .await;
    }

    #[tokio::test]
    async fn without_a_kid_an_only_key_is_meant() {
        let token = signed(&header(Algorithm::EdDSA, None), &claims(60), &ed_key());
        let one = json!({ "keys": [jwks()["keys"][1], jwks()["keys"][3]] });
        let identity = Issuer::with(&one, None, None).tokens.check(&token).await;
        assert_eq!(identity.unwrap().user.as_str(), "u-1");
        Issuer::with(&jwks(), None, None).refuses(&token).await;
    }

    #[tokio::test]
    async fn clocks_may_be_a_minute_apart() {
        let issuer = Issuer::with(&jwks(), None, None);
        let now = Timestamp::now();
        let late = issuer.tokens.check(&ed_signed(&claims(-30))).await.unwrap();
        assert!(late.expires_at > now);
        assert!(
            issuer
                .refuses(&ed_signed(&claims(-61)))
                .await
                .contains("expired")
        );
        let from = |seconds: i64| {
            let mut claims = claims(600);
            claims["nbf"] = json!(now.as_millis() / 1_000 + seconds);
            ed_signed(&claims)
        };
        assert!(issuer.tokens.check(&from(50)).await.is_ok());
        assert!(issuer.refuses(&from(90)).await.contains("not good yet"));
        let mut fraction = claims(600);
        fraction["exp"] = json!(now.as_millis() as f64 / 1_000.0 + 600.5);
        assert!(issuer.tokens.check(&ed_signed(&fraction)).await.is_ok());
        for exp in [Value::Null, json!("soon"), json!(-1), json!([])] {
            let mut claims = claims(600);
            claims["exp"] = exp;
            issuer.refuses(&ed_signed(&claims)).await;
        }
    }

    #[tokio::test]
    async fn issuer_and_audience_are_checked_where_they_are_set() {
        let issuer = Issuer::with(&jwks(), Some("https://id.example"), Some("chat"));
        let with = |iss: Value, aud: Value| {
            let mut claims = claims(600);
            claims["iss"] = iss;
            claims["aud"] = aud;
            ed_signed(&claims)
        };
        let right = json!("https://id.example");
        for aud in [json!("chat"), json!(["mail", "chat"])] {
            assert!(issuer.tokens.check(&with(right.clone(), aud)).await.is_ok());
        }
        for (iss, aud) in [
            (json!("https://id.example/"), json!("chat")),
            (right.clone(), json!("mail")),
            (right.clone(), json!([])),
            (right.clone(), Value::Null),
            (Value::Null, json!("chat")),
        ] {
            issuer.refuses(&with(iss, aud)).await;
        }
        issuer.refuses(&ed_signed(&claims(600))).await;
        let any = Issuer::with(&jwks(), None, None);
        assert!(
            any.tokens
                .check(&with(json!("x"), json!("y")))
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_sub_that_can_be_no_id_is_refused() {
        let issuer = Issuer::with(&jwks(), None, None);
        for sub in [Value::Null, json!(""), json!(5), json!("x".repeat(129))] {
            let mut claims = claims(600);
            claims["sub"] = sub;
            issuer.refuses(&ed_signed(&claims)).await;
        }
    }
}
