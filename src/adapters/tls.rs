//! TLS to servers of the web: ring, and the certificates that the system trusts.

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// A client's side of TLS, and what is wrong if the system trusts nobody: then every `https` address fails.
pub(super) fn trusting_the_system() -> Result<(ClientConfig, Option<String>), rustls::Error> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(system.certs);
    let wrong = roots.is_empty().then(|| {
        let causes: Vec<String> = system.errors.iter().map(ToString::to_string).collect();
        causes.join("; ")
    });
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok((config, wrong))
}
