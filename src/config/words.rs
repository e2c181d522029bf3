//! Reading one value: from its text to what it means, or a sentence on what it takes.

use std::{net::IpAddr, num::NonZeroU32, path::PathBuf};

use ipnet::IpNet;

use super::{ConfigError, TlsFiles, wrong};
use crate::{
    chat::tokens::SECRET_MIN,
    http::origins::{Origin, Origins},
};

pub(super) fn parsed<T: std::str::FromStr>(
    setting: &'static str,
    value: Option<String>,
    usual: &str,
    takes: &str,
) -> Result<T, ConfigError> {
    let value = value.unwrap_or_else(|| usual.to_owned());
    value
        .trim()
        .parse()
        .or_else(|_| wrong(setting, format!("is \"{value}\"; it takes {takes}.")))
}

/// None for `off`.
pub(super) fn number_or_off(
    setting: &'static str,
    value: Option<String>,
    usual: &str,
) -> Result<Option<NonZeroU32>, ConfigError> {
    match value.as_deref().map(str::trim) {
        Some("off") => Ok(None),
        _ => parsed(setting, value, usual, "a number from 1 up, or off").map(Some),
    }
}

pub(super) fn networks(list: Option<String>) -> Result<Vec<IpNet>, ConfigError> {
    let list = list.unwrap_or_default();
    let listed = list.split(',').map(str::trim).filter(|one| !one.is_empty());
    listed
        .map(|one| {
            let address = one.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| one.parse()).or_else(|_| {
                wrong(
                    "LINK_PREVIEW_NETWORKS",
                    format!("\"{one}\" is no address and no network; one looks like 10.0.0.0/8."),
                )
            })
        })
        .collect()
}

/// One, or several with commas between; a header of HTTP has to carry each.
pub(super) fn server_keys(list: Option<String>) -> Result<Vec<String>, ConfigError> {
    let Some(list) = list else {
        return Ok(Vec::new());
    };
    let listed = list.split(',').map(str::trim);
    let keys: Vec<String> = listed
        .filter(|key| !key.is_empty())
        .map(str::to_owned)
        .collect();
    if keys.is_empty() {
        return wrong(
            "SERVER_API_KEY",
            "holds commas and no key; unset it where no backend may publish.",
        );
    }
    let fits = |key: &String| key.bytes().all(|byte| byte.is_ascii_graphic());
    if !keys.iter().all(fits) {
        return wrong(
            "SERVER_API_KEY",
            "takes letters, digits and signs of ASCII, without spaces.",
        );
    }
    Ok(keys)
}

pub(super) fn origins(list: Option<String>) -> Result<Origins, ConfigError> {
    let list = list.unwrap_or_default();
    let listed = list.split(',').map(str::trim).filter(|one| !one.is_empty());
    let parsed = listed.map(|one| {
        one.parse::<Origin>().or_else(|_| {
            wrong(
                "CORS_ORIGINS",
                format!("\"{one}\" is no origin; one looks like https://chat.example.org."),
            )
        })
    });
    parsed.collect::<Result<_, _>>().map(Origins::new)
}

/// Seconds of a duration like `30s`, `15m`, `1h` or `7d`.
pub fn seconds_of(text: &str) -> Result<i64, ConfigError> {
    let text = text.trim();
    let unit = text.chars().next_back().unwrap_or_default();
    let number = text.strip_suffix(unit).unwrap_or_default();
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => 0,
    };
    match number
        .parse::<i64>()
        .ok()
        .and_then(|number| number.checked_mul(factor))
    {
        Some(seconds) if seconds > 0 => Ok(seconds),
        _ => wrong(
            "--ttl",
            format!("is \"{text}\"; it takes a duration like 30s, 15m, 1h or 7d."),
        ),
    }
}

/// Each long enough to sign with; a comma stands between two.
pub(super) fn previous_secrets(list: Option<String>) -> Result<Vec<Vec<u8>>, ConfigError> {
    let list = list.unwrap_or_default();
    let listed = list
        .split(',')
        .map(str::trim)
        .filter(|secret| !secret.is_empty());
    listed
        .map(|secret| match secret.len() {
            short if short < SECRET_MIN => wrong(
                "JWT_PREVIOUS_SECRETS",
                format!("holds one of {short} bytes; each takes {SECRET_MIN} or more."),
            ),
            _ => Ok(secret.as_bytes().to_vec()),
        })
        .collect()
}

/// Both or none.
pub(super) fn tls_files(
    cert: Option<String>,
    key: Option<String>,
) -> Result<Option<TlsFiles>, ConfigError> {
    match (cert.map(PathBuf::from), key.map(PathBuf::from)) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(TlsFiles { cert, key })),
        (Some(_), None) => wrong("TLS_KEY", "is to be set where TLS_CERT is."),
        (None, Some(_)) => wrong("TLS_CERT", "is to be set where TLS_KEY is."),
    }
}

/// Where OTLP is spoken over HTTP.
pub(super) fn collector(url: Option<String>) -> Result<Option<String>, ConfigError> {
    match url {
        Some(url) if !url.starts_with("http://") && !url.starts_with("https://") => wrong(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "begins with neither http:// nor https://; it looks like http://collector:4318.",
        ),
        url => Ok(url.map(|url| url.trim_end_matches('/').to_owned())),
    }
}

/// From nothing to everything.
pub(super) fn share(value: Option<String>) -> Result<f64, ConfigError> {
    const SETTING: &str = "OTEL_TRACES_SAMPLER_ARG";
    const TAKES: &str = "a number from 0 to 1";
    let said = value.clone().unwrap_or_default();
    match parsed::<f64>(SETTING, value, "0.01", TAKES)? {
        share if (0.0..=1.0).contains(&share) => Ok(share),
        _ => wrong(SETTING, format!("is \"{said}\"; it takes {TAKES}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(seconds_of("15m"), Ok(900));
        for wrong in ["", "m", "15", "-1h", "1w", "é"] {
            assert!(seconds_of(wrong).is_err(), "{wrong}");
        }
    }
}
