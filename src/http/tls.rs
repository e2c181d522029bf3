//! TLS of the server's own: a certificate and its key out of two files, read again while it runs.
//!
//! The files are looked at every minute, and at once after SIGHUP: whatever renews a certificate (a volume of Kubernetes, certbot) need
//! not know of this process. What cannot be used is said, and the certificate before it stays.

use std::{io, path::Path, sync::Arc, time::Duration};

use parking_lot::RwLock;
use rustls::{
    InconsistentKeys, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, TlsFiles};

/// How long a client may take from the connection to the end of TLS's handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long between two looks at the files.
const LOOK: Duration = Duration::from_secs(60);

/// Ends TLS for connections that have just been accepted.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    current: Arc<Current>,
    files: Arc<TlsFiles>,
}

/// The certificate that is shown to whoever comes.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().clone())
    }
}

/// What is in the files, as it stands there.
struct Contents {
    cert: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files. The error names the setting and says what is wrong with its file.
    pub fn of(files: TlsFiles) -> Result<Self, ConfigError> {
        let provider = Arc::new(ring::default_provider());
        let certified = certified(&files, &Contents::read(&files)?, &provider)?;
        let current = Arc::new(Current(RwLock::new(Arc::new(certified))));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| wrong("TLS_CERT", format!("TLS cannot be set up: {error}.")))?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            current,
            files: Arc::new(files),
        })
    }

    /// The handshake, which may take 10 s.
    pub async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await?
    }

    /// Takes new certificates as the files have them, until `stop`.
    pub async fn keep(self, stop: CancellationToken) {
        let mut told = Hangups::new();
        let mut refused = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
                () = told.next() => {}
            }
            let this = self.clone();
            let looked = tokio::task::spawn_blocking(move || this.look(refused)).await;
            refused = looked.unwrap_or_default();
        }
    }

    /// Uses what is in the files if that is new; answers with what could not be used, which is said once.
    fn look(&self, refused: Option<String>) -> Option<String> {
        let provider = ring::default_provider();
        let found = Contents::read(&self.files)
            .and_then(|contents| certified(&self.files, &contents, &provider));
        match found {
            Ok(found) if found.cert == self.current.0.read().cert => None,
            Ok(found) => {
                *self.current.0.write() = Arc::new(found);
                tracing::info!("TLS: new connections get the new certificate");
                None
            }
            Err(error) => {
                let error = error.to_string();
                if refused.as_ref() != Some(&error) {
                    tracing::warn!("{error} The certificate before it stays.");
                }
                Some(error)
            }
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.files).finish()
    }
}

/// SIGHUP, where there is such a thing.
struct Hangups(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Hangups {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(signal(SignalKind::hangup()).ok())
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        if let Some(signals) = &mut self.0
            && signals.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self()
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending().await
    }
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, ConfigError> {
        let read = |setting, path: &Path| {
            std::fs::read(path).map_err(|error| {
                let path = path.display();
                wrong(setting, format!("{path} cannot be read: {error}."))
            })
        };
        Ok(Self {
            cert: read("TLS_CERT", &files.cert)?,
            key: read("TLS_KEY", &files.key)?,
        })
    }
}

/// What the contents make together.
fn certified(
    files: &TlsFiles,
    contents: &Contents,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, ConfigError> {
    let (cert, key) = (files.cert.display(), files.key.display());
    let chain = CertificateDer::pem_slice_iter(&contents.cert).collect::<Result<Vec<_>, _>>();
    let chain = match chain {
        Ok(chain) if chain.is_empty() => {
            let what = "holds no certificate; it takes PEM, with -----BEGIN CERTIFICATE-----";
            return Err(wrong("TLS_CERT", format!("{cert} {what}.")));
        }
        Ok(chain) => chain,
        Err(error) => {
            return Err(wrong(
                "TLS_CERT",
                format!("{cert} is no PEM file: {error}."),
            ));
        }
    };
    let private = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            let what =
                "holds no private key; it takes PEM, unencrypted, with -----BEGIN PRIVATE KEY-----";
            wrong("TLS_KEY", format!("{key} {what}."))
        }
        error => wrong("TLS_KEY", format!("{key} is no PEM file: {error}.")),
    })?;
    CertifiedKey::from_der(chain, private, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => wrong(
            "TLS_KEY",
            format!("{key} is the key of another certificate than {cert}."),
        ),
        rustls::Error::InvalidCertificate(error) => wrong(
            "TLS_CERT",
            format!("{cert} holds no usable certificate: {error}."),
        ),
        error => wrong("TLS_KEY", format!("{key} holds no usable key: {error}.")),
    })
}

fn wrong(setting: &'static str, wrong: String) -> ConfigError {
    ConfigError { setting, wrong }
}
