//! A JWKS as far as it is of use: the public keys that may check a token, each with the one algorithm that it is for.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

/// The most keys of a set.
const KEYS_MAX: usize = 100;
/// The sizes of RSA's modulus: fewer bytes can be broken, more take too long.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=512;
/// What a coordinate of P-256, or a key of Ed25519, takes.
const CURVE_BYTES: usize = 32;

/// A public key of the issuer.
pub struct IssuerKey {
    id: Option<String>,
    /// What its signatures are made with: said by the key, never by a token.
    pub algorithm: Algorithm,
    /// The key itself.
    pub decoding: DecodingKey,
}

/// The keys of one set.
#[derive(Default)]
pub struct IssuerKeys(Vec<Arc<IssuerKey>>);

/// A JWKS is none, or not one to work with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// Not JSON, or without a list of keys.
    #[error("this is no JWKS: {0}")]
    Unreadable(String),
    /// More than a set may have.
    #[error("{0} keys; at most {KEYS_MAX} are taken")]
    TooMany(usize),
    /// Nothing in it can check a token.
    #[error("there is no public key for RS256, ES256 or EdDSA signatures in it")]
    NoneUsable,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// The members of a JWK (RFC 7517, 7518, 8037) that matter here.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl IssuerKeys {
    /// Reads a JWKS. Keys that cannot be used are passed over: secrets (`oct`), keys for encryption, other algorithms and curves,
    /// weak and malformed ones. A set without any other is no set.
    pub fn read(document: &[u8]) -> Result<Self, BadKeys> {
        let document: Document = serde_json::from_slice(document)
            .map_err(|error| BadKeys::Unreadable(error.to_string()))?;
        if document.keys.len() > KEYS_MAX {
            return Err(BadKeys::TooMany(document.keys.len()));
        }
        let keys: Vec<_> = document
            .keys
            .into_iter()
            .filter_map(|key| usable(serde_json::from_value(key).ok()?))
            .map(Arc::new)
            .collect();
        if keys.is_empty() {
            return Err(BadKeys::NoneUsable);
        }
        Ok(Self(keys))
    }

    /// The key that a token names; of several with one id, the one for `algorithm`. A token that names none means the only key.
    pub fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<IssuerKey>> {
        let Some(id) = id else {
            return match self.0.as_slice() {
                [only] => Some(only.clone()),
                _ => None,
            };
        };
        let named = || self.0.iter().filter(|key| key.id.as_deref() == Some(id));
        named()
            .find(|key| key.algorithm == algorithm)
            .or_else(|| named().next())
            .cloned()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

fn usable(jwk: Jwk) -> Option<IssuerKey> {
    let signs = jwk
        .purpose
        .as_deref()
        .is_none_or(|purpose| purpose == "sig");
    let verifies = jwk
        .key_ops
        .as_ref()
        .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    if !signs || !verifies {
        return None;
    }
    let (algorithm, names, decoding): (_, &[&str], _) = match (&*jwk.kty, jwk.crv.as_deref()) {
        ("RSA", _) => {
            let (n, e) = (bytes(jwk.n)?, bytes(jwk.e)?);
            let modulus = n.iter().skip_while(|byte| **byte == 0).count();
            if !RSA_BYTES.contains(&modulus) {
                return None;
            }
            let decoding = DecodingKey::from_rsa_raw_components(&n, &e);
            (Algorithm::RS256, &["RS256"], decoding)
        }
        ("EC", Some("P-256")) => {
            let (x, y) = (jwk.x?, jwk.y?);
            is_coordinate(&x).then_some(())?;
            is_coordinate(&y).then_some(())?;
            let decoding = DecodingKey::from_ec_components(&x, &y).ok()?;
            (Algorithm::ES256, &["ES256"], decoding)
        }
        ("OKP", Some("Ed25519")) => {
            let x = jwk.x?;
            is_coordinate(&x).then_some(())?;
            let decoding = DecodingKey::from_ed_components(&x).ok()?;
            (Algorithm::EdDSA, &["EdDSA", "Ed25519"], decoding)
        }
        _ => return None,
    };
    if jwk.alg.is_some_and(|alg| !names.contains(&&*alg)) {
        return None;
    }
    Some(IssuerKey {
        id: jwk.kid,
        algorithm,
        decoding,
    })
}

fn bytes(text: Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

/// The library takes the length for granted and panics where it is another.
fn is_coordinate(text: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(text)
        .is_ok_and(|bytes| bytes.len() == CURVE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn b64(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn ed(kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(&[7; 32]) })
    }

    fn read(keys: &[Value]) -> Result<IssuerKeys, BadKeys> {
        IssuerKeys::read(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn only_public_keys_of_the_three_kinds_are_taken() {
        let passed_over = [
            json!({ "kty": "oct", "kid": "a", "k": b64(&[7; 32]) }),
            json!({ "kty": "oct", "kid": "a", "alg": "HS256", "k": b64(&[7; 32]) }),
            json!({ "kty": "RSA", "kid": "a", "n": b64(&[255; 128]), "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "a", "n": b64(&[255; 1024]), "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "a", "alg": "PS256", "n": b64(&[255; 256]), "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "a", "use": "enc", "n": b64(&[255; 256]), "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "a", "key_ops": ["encrypt"], "n": b64(&[255; 256]), "e": "AQAB" }),
            json!({ "kty": "RSA", "kid": "a", "n": "!", "e": "AQAB" }),
            json!({ "kty": "EC", "kid": "a", "crv": "P-384", "x": b64(&[7; 48]), "y": b64(&[7; 48]) }),
            json!({ "kty": "EC", "kid": "a", "crv": "P-256", "x": b64(&[7; 31]), "y": b64(&[7; 32]) }),
            json!({ "kty": "OKP", "kid": "a", "crv": "Ed25519", "x": b64(&[7; 8]) }),
            json!({ "kty": "OKP", "kid": "a", "crv": "X25519", "x": b64(&[7; 32]) }),
            json!({ "kty": "OKP", "kid": "a", "crv": "Ed25519", "alg": "HS256", "x": b64(&[7; 32]) }),
            json!({ "kty": 5 }),
            json!("a key"),
        ];
        for key in &passed_over {
            let alone = read(std::slice::from_ref(key));
            assert_eq!(alone.err(), Some(BadKeys::NoneUsable), "{key}");
        }
        let mut keys = passed_over.to_vec();
        keys.push(ed("good"));
        assert_eq!(read(&keys).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for wrong in ["", "[]", "{}", "{\"keys\":{}}", "<html>", "{\"keys\":[]}"] {
            assert!(IssuerKeys::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let many: Vec<_> = (0..101).map(|n| ed(&n.to_string())).collect();
        assert_eq!(read(&many).err(), Some(BadKeys::TooMany(101)));
        assert_eq!(read(&many[..100]).unwrap().count(), 100);
    }

    #[test]
    fn without_an_id_only_an_only_key_is_meant() {
        let one = read(&[ed("a")]).unwrap();
        assert!(one.find(None, Algorithm::EdDSA).is_some());
        assert!(one.find(Some("b"), Algorithm::EdDSA).is_none());
        let two = read(&[ed("a"), ed("b")]).unwrap();
        assert!(two.find(None, Algorithm::EdDSA).is_none());
        assert!(two.find(Some("b"), Algorithm::EdDSA).is_some());
    }

    #[test]
    fn the_key_says_its_algorithm() {
        let rsa = json!({ "kty": "RSA", "kid": "a", "n": b64(&[255; 256]), "e": "AQAB" });
        let keys = read(&[rsa, ed("a")]).unwrap();
        let found = |algorithm| keys.find(Some("a"), algorithm).unwrap().algorithm;
        assert_eq!(found(Algorithm::EdDSA), Algorithm::EdDSA);
        assert_eq!(found(Algorithm::RS256), Algorithm::RS256);
        // Whatever else a token says, it gets a key that will refuse it.
        assert_eq!(found(Algorithm::HS256), Algorithm::RS256);
    }
}
