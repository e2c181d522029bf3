//! The keys of an external issuer, from a file or by HTTP.

use std::{io::Read, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{Client, Url, redirect};

use super::tls;
use crate::ports::{
    BackendError,
    keys::{KEYS_BYTES_MAX, KeySource},
};

/// How long a fetch may take, redirects and all.
const FETCH: Duration = Duration::from_secs(5);
/// Redirects that are followed.
const REDIRECTS_MAX: usize = 3;

/// The source that `place` names: a path, or an address with `file`, `http` or `https`. Fails where it names none.
pub fn keys_at(place: &str) -> Result<Arc<dyn KeySource>, BackendError> {
    if !place.contains("://") {
        return Ok(Arc::new(FileKeys(place.into())));
    }
    let url = Url::parse(place).map_err(away)?;
    match url.scheme() {
        "http" | "https" => Ok(Arc::new(WebKeys::new(url)?)),
        "file" => url
            .to_file_path()
            .map(|path| Arc::new(FileKeys(path)) as Arc<dyn KeySource>)
            .map_err(|()| away("the address names no file of this machine")),
        _ => Err(away("it takes a file, or an http or https address")),
    }
}

/// A JWKS in a file, which is read anew each time.
struct FileKeys(PathBuf);

#[async_trait]
impl KeySource for FileKeys {
    async fn fetch(&self) -> Result<Vec<u8>, BackendError> {
        let path = self.0.clone();
        let reading = tokio::task::spawn_blocking(move || read(&path));
        match tokio::time::timeout(FETCH, reading).await {
            Ok(Ok(Ok(bytes))) => within_bound(bytes),
            Ok(Ok(Err(error))) => Err(away(error)),
            Ok(Err(error)) => Err(away(error)),
            Err(_) => Err(away("reading the file takes too long")),
        }
    }
}

/// One byte more than the bound at most, so that excess shows. Not from a pipe, which may never answer.
fn read(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("this is no file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(KEYS_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A JWKS behind an address. Redirects are followed, at most three, and never from `https` to `http`.
struct WebKeys {
    client: Client,
    url: Url,
}

impl WebKeys {
    /// Trusts the certificates that the system trusts.
    fn new(url: Url) -> Result<Self, BackendError> {
        let (tls, wrong) = tls::trusting_the_system().map_err(away)?;
        if let Some(causes) = wrong
            && url.scheme() == "https"
        {
            tracing::warn!(
                causes,
                "the system has no certificates to trust: the keys of JWT_JWKS cannot be fetched"
            );
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::custom(follow))
            .timeout(FETCH)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("belfry/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(away)?;
        Ok(Self { client, url })
    }
}

fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let downgraded = attempt
        .previous()
        .last()
        .is_some_and(|from| from.scheme() == "https" && attempt.url().scheme() != "https");
    if attempt.previous().len() > REDIRECTS_MAX {
        attempt.error("too many redirects")
    } else if downgraded {
        attempt.error("a redirect from https to http")
    } else {
        attempt.follow()
    }
}

#[async_trait]
impl KeySource for WebKeys {
    async fn fetch(&self) -> Result<Vec<u8>, BackendError> {
        let request = self
            .client
            .get(self.url.clone())
            .header("accept", "application/jwk-set+json, application/json");
        let mut answer = request
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(with_cause)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(with_cause)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > KEYS_BYTES_MAX {
                break;
            }
        }
        within_bound(bytes)
    }
}

fn within_bound(bytes: Vec<u8>) -> Result<Vec<u8>, BackendError> {
    if bytes.len() > KEYS_BYTES_MAX {
        return Err(away(format!("more than {KEYS_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

/// The library's own text says "error sending request"; why is said by what it holds.
fn with_cause(error: reqwest::Error) -> BackendError {
    // An address may hold a password.
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    away(text)
}

fn away(cause: impl ToString) -> BackendError {
    BackendError::Unavailable {
        backend: "JWT_JWKS",
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_anew_and_no_further_than_the_bound() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys here.json");
        let url = Url::from_file_path(&path).unwrap();
        let keys = keys_at(url.as_str()).unwrap();
        assert!(keys.fetch().await.is_err());
        std::fs::write(&path, "first").unwrap();
        assert_eq!(keys.fetch().await.unwrap(), b"first");
        std::fs::write(&path, "second").unwrap();
        assert_eq!(keys.fetch().await.unwrap(), b"second");
        std::fs::write(&path, vec![b' '; KEYS_BYTES_MAX + 1]).unwrap();
        assert!(keys.fetch().await.is_err());
        assert!(keys_at("/").unwrap().fetch().await.is_err());
    }

    #[test]
    fn keys_are_in_a_file_or_on_the_web() {
        for right in ["keys/jwks.json", "https://id.example.org/jwks"] {
            assert!(keys_at(right).is_ok(), "{right}");
        }
        for wrong in [
            "ftp://id.example.org/jwks",
            "https://",
            "data://x",
            "file://elsewhere/x",
        ] {
            assert!(keys_at(wrong).is_err(), "{wrong}");
        }
    }
}
