//! Asks servers over HTTP, as anybody outside may: whether one is alive, and what a proxy before it does to those who come.

mod own;
mod seen;
mod socket;
mod through;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use reqwest::{Client, Response, Url, redirect};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, ring},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

pub use self::{
    own::own_server,
    through::{Visit, through},
};
use super::tls;

/// How long this machine's own server has to answer.
const OWN: Duration = Duration::from_secs(2);

/// Asks a server for `/health` or `/ready`; an error says in a line why it is not well. At `https` whatever certificate comes is
/// taken where the server is this machine's: it is asked for its health, and told nothing.
pub async fn asks(base: &str, path: &str) -> Result<(), String> {
    let url = address(base)?
        .join(path)
        .map_err(|error| error.to_string())?;
    let answer = get(&url).await;
    let answer = answer.map_err(|error| format!("{url} does not answer: {error}"))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let said = own::said(answer).await;
    let why = said["reason"].as_str().unwrap_or_default();
    Err(format!("{url} answers {status} {why}").trim().to_owned())
}

async fn get(url: &Url) -> Result<Response, String> {
    let config = match is_own(url) {
        true => own().map_err(|error| error.to_string())?,
        false => {
            tls::trusting_the_system()
                .map_err(|error| error.to_string())?
                .0
        }
    };
    let client = Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(redirect::Policy::none())
        .timeout(OWN)
        .no_proxy()
        .build()
        .map_err(|error| cause(&error))?;
    let answer = client.get(url.clone()).send().await;
    answer.map_err(|error| cause(&error))
}

/// Where this machine's own server is to be asked.
pub fn own_address(bound: SocketAddr, with_tls: bool) -> String {
    let ip = match bound.ip() {
        std::net::IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        std::net::IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let scheme = if with_tls { "https" } else { "http" };
    format!("{scheme}://{}", SocketAddr::new(ip, bound.port()))
}

fn address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!(
            "\"{text}\" is no address; one looks like https://chat.example.org"
        )),
    }
}

fn is_own(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}

/// The library's own text says "error sending request"; why is said by the innermost error that it holds.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().replace('\n', " ")
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

fn own() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let anybody = Anybody(provider.signature_verification_algorithms);
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(anybody))
        .with_no_client_auth())
}

/// Takes any certificate: it is for a name that this machine may not know itself by.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
