//! This machine: how many connections it lets a process have, and whether the files that settings name can be read.

use std::{path::Path, sync::Arc};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use time::OffsetDateTime;
use x509_cert::{Certificate, der::Decode};

use crate::{
    config::{Config, TlsFiles},
    ports::checkup::Check,
};

/// Each connection is a descriptor. Below the first a server cannot be used, below the second it is small.
const FEW: u64 = 1_024;
const ENOUGH: u64 = 65_536;
/// Connections that wait to be accepted when everybody comes back at once.
const BACKLOG: u64 = 4_096;
const DAY: i64 = 24 * 60 * 60;

/// How many descriptors this process may have; none: as many as there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors {
    /// Now.
    pub soft: Option<u64>,
    /// What it may raise that to.
    pub hard: Option<u64>,
}

impl Descriptors {
    fn now() -> Self {
        let limit = getrlimit(Resource::Nofile);
        Self {
            soft: limit.current,
            hard: limit.maximum,
        }
    }

    /// Too few for a server that many people use.
    pub fn are_few(self) -> bool {
        self.soft.is_some_and(|soft| soft < FEW)
    }
}

/// Takes as many descriptors as this process may have; answers with how many those are.
pub fn raise_descriptors() -> Descriptors {
    let now = Descriptors::now();
    let raised = Rlimit {
        current: now.hard,
        maximum: now.hard,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => Descriptors::now(),
        Err(_) => now,
    }
}

/// Looks at this machine.
pub fn machine(config: &Config) -> Vec<Check> {
    let mut checks = vec![descriptors(Descriptors::now())];
    let backlog = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
    if let Some(backlog) = backlog.ok().and_then(|text| text.trim().parse().ok()) {
        checks.push(waiting(backlog));
    }
    if let Some(files) = &config.tls {
        checks.push(certificate(files));
        checks.extend(exposed("key rights", &files.key, 0o007));
    }
    checks
}

/// A server raises its own limit to the hard one, so that is what counts.
fn descriptors(limit: Descriptors) -> Check {
    let name = "file limit";
    let (Some(hard), soft) = (limit.hard, limit.soft) else {
        return Check::ok(name, "none");
    };
    let found = match soft {
        Some(soft) if soft < hard => format!("{hard} ({soft} at first; a server raises it)"),
        _ => hard.to_string(),
    };
    let remedy = format!(
        "raise it to {ENOUGH} (ulimit -Hn {ENOUGH}; LimitNOFILE={ENOUGH} of systemd; `ulimits: nofile: {ENOUGH}` of Compose): each connection takes one"
    );
    if hard < FEW {
        return Check::fail(name, found, remedy);
    }
    if hard < ENOUGH {
        return Check::warn(name, found, remedy);
    }
    Check::ok(name, found)
}

fn waiting(backlog: u64) -> Check {
    let name = "somaxconn";
    let found = format!("{backlog} connections may wait to be accepted");
    match backlog < BACKLOG {
        true => Check::warn(
            name,
            found,
            "sysctl net.core.somaxconn=16384: else some are refused when everybody comes back at once",
        ),
        false => Check::ok(name, found),
    }
}

fn certificate(files: &TlsFiles) -> Check {
    let name = "certificate";
    match read(files) {
        Ok(expires) => expiry(expires, OffsetDateTime::now_utc().unix_timestamp()),
        Err(why) => Check::fail(
            name,
            why,
            "name a PEM file with the certificate and its chain in TLS_CERT, and its key in TLS_KEY",
        ),
    }
}

fn expiry(expires: i64, now: i64) -> Check {
    let name = "certificate";
    let day = OffsetDateTime::from_unix_timestamp(expires);
    let day = day.map_or_else(|_| "?".to_owned(), |at| at.date().to_string());
    let days = (expires - now) / DAY;
    if expires <= now {
        return Check::fail(
            name,
            format!("it expired on {day}"),
            "renew it, and start the servers anew",
        );
    }
    if days < 14 {
        return Check::warn(
            name,
            format!("it expires on {day}, in {days} days"),
            "renew it, and start the servers anew",
        );
    }
    Check::ok(
        name,
        format!("the files can be read and fit; good until {day}"),
    )
}

/// When the certificate expires, in seconds since 1970; or why the two files are of no use.
fn read(files: &TlsFiles) -> Result<i64, String> {
    let failed = |file: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let chain = CertificateDer::pem_file_iter(&files.cert)
        .map_err(|error| failed(&files.cert, &error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(&files.cert, &error))?;
    let first = chain
        .first()
        .ok_or_else(|| failed(&files.cert, &"it holds no certificate"))?;
    let parsed = Certificate::from_der(first).map_err(|error| failed(&files.cert, &error))?;
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| failed(&files.key, &error))?;
    let until = parsed.tbs_certificate.validity.not_after.to_unix_duration();
    let provider = Arc::new(ring::default_provider());
    CertifiedKey::from_der(chain, key, &provider)
        .map_err(|error| failed(&files.key, &format!("it is not the certificate's: {error}")))?;
    Ok(until.as_secs() as i64)
}

/// Says so where a file with something secret in it gives others on this machine any of these rights.
#[cfg(unix)]
pub(super) fn exposed(name: &'static str, file: &Path, rights: u32) -> Option<Check> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).ok()?.permissions().mode() & 0o777;
    (mode & rights != 0).then(|| {
        Check::warn(
            name,
            format!("others on this machine may read it ({mode:03o})"),
            format!("chmod 600 {}", file.display()),
        )
    })
}

#[cfg(not(unix))]
pub(super) fn exposed(_: &'static str, _: &Path, _: u32) -> Option<Check> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::checkup::Level;

    #[test]
    fn what_counts_is_what_a_process_may_raise_its_limit_to() {
        let of = |soft, hard| {
            descriptors(Descriptors {
                soft: Some(soft),
                hard: Some(hard),
            })
            .level
        };
        assert_eq!(of(64, 64), Level::Fail);
        assert_eq!(of(1_024, 4_096), Level::Warn);
        assert_eq!(of(1_024, 1_048_576), Level::Ok);
    }

    #[test]
    fn a_certificate_is_to_be_renewed_before_it_expires() {
        let of = |days: i64| expiry(days * DAY + 1, 0).level;
        assert_eq!(of(-1), Level::Fail);
        assert_eq!(of(3), Level::Warn);
        assert_eq!(of(60), Level::Ok);
    }
}
