//! Makes sense of the settings together, or says which one makes none.

use std::{num::NonZeroU32, path::PathBuf, time::Duration};

use super::{
    Config, ConfigError, Database, LogFormat, Settings,
    words::{
        collector, networks, number_or_off, origins, parsed, previous_secrets, server_keys, share,
        tls_files,
    },
    wrong,
};
use crate::chat::tokens::SECRET_MIN;

const WORKERS: &str = "a number from 1 to 1000";

impl Config {
    /// Makes sense of the settings, or says which one makes none.
    pub fn check(settings: Settings) -> Result<Self, ConfigError> {
        let set = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
        let database =
            match set(&settings.database_url).unwrap_or_else(|| "sqlite://data/belfry.db".into()) {
                url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                    Database::Postgres(url)
                }
                url if url.starts_with("sqlite://") => Database::Sqlite(url),
                _ => {
                    return wrong(
                        "DATABASE_URL",
                        "begins with neither sqlite:// nor postgres://.",
                    );
                }
            };
        let redis_url = set(&settings.redis_url);
        if let Some(url) = &redis_url {
            if !url.starts_with("redis://") && !url.starts_with("rediss://") {
                return wrong("REDIS_URL", "begins with neither redis:// nor rediss://.");
            }
            if matches!(database, Database::Sqlite(_)) {
                return wrong(
                    "REDIS_URL",
                    "Redis is for several processes on Postgres; SQLite serves one process alone. Unset REDIS_URL, or set DATABASE_URL to postgres://….",
                );
            }
        }
        let jwt_secret = set(&settings.jwt_secret).map(String::into_bytes);
        match &jwt_secret {
            Some(secret) if secret.len() < SECRET_MIN => {
                return wrong(
                    "JWT_SECRET",
                    format!("has {} bytes; it takes {SECRET_MIN} or more.", secret.len()),
                );
            }
            None if matches!(database, Database::Postgres(_)) => {
                return wrong(
                    "JWT_SECRET",
                    "is required with Postgres, the same on every replica: 32 random bytes or more.",
                );
            }
            _ => {}
        }
        let jwt_previous_secrets = previous_secrets(set(&settings.jwt_previous_secrets))?;
        let jwt_jwks = set(&settings.jwt_jwks);
        if let Some(keys) = &jwt_jwks {
            let scheme = keys.split_once("://").map(|(scheme, _)| scheme);
            if !matches!(scheme, None | Some("file" | "http" | "https")) {
                return wrong("JWT_JWKS", "takes a file, or an http or https address.");
            }
        }
        let of_issuer = |setting, value: &Option<String>| match set(value) {
            Some(_) if jwt_jwks.is_none() => wrong(
                setting,
                "is about the tokens that the keys of JWT_JWKS sign; set that too, or unset this.",
            ),
            value => Ok(value),
        };
        let (jwt_issuer, jwt_audience) = (
            of_issuer("JWT_ISSUER", &settings.jwt_issuer)?,
            of_issuer("JWT_AUDIENCE", &settings.jwt_audience)?,
        );
        let word =
            |setting, value: &Option<String>, yes: &str, no: &str, usual: bool| match set(value)
                .as_deref()
            {
                None => Ok(usual),
                Some(value) if value == yes => Ok(true),
                Some(value) if value == no => Ok(false),
                Some(value) => wrong(setting, format!("is \"{value}\"; it takes {yes} or {no}.")),
            };
        Ok(Self {
            bind_addr: parsed(
                "BIND_ADDR",
                set(&settings.bind_addr),
                "127.0.0.1:3000",
                "an address with a port, as 127.0.0.1:3000",
            )?,
            registration: word(
                "REGISTRATION",
                &settings.registration,
                "open",
                "closed",
                true,
            )?,
            server_api_keys: server_keys(set(&settings.server_api_key))?,
            guests: word("GUESTS", &settings.guests, "on", "off", true)?,
            rooms_by_joining: word(
                "ROOM_CREATION",
                &settings.room_creation,
                "join",
                "explicit",
                true,
            )?,
            cors_origins: origins(set(&settings.cors_origins))?,
            trusted_proxies: parsed(
                "TRUSTED_PROXIES",
                set(&settings.trusted_proxies),
                "",
                "addresses and networks, as 10.0.0.1 or 10.0.0.0/8, comma-separated",
            )?,
            connections_per_address: number_or_off(
                "CONNECTIONS_PER_ADDRESS",
                set(&settings.connections_per_address),
                "1000",
            )?,
            accounts_per_address: number_or_off(
                "ACCOUNTS_PER_ADDRESS",
                set(&settings.accounts_per_address),
                "500",
            )?,
            tls: tls_files(set(&settings.tls_cert), set(&settings.tls_key))?,
            hsts: set(&settings.hsts_seconds)
                .map(|value| parsed::<u32>("HSTS_SECONDS", Some(value), "", "a number of seconds"))
                .transpose()?
                .map(|seconds| Duration::from_secs(seconds.into())),
            metrics_addr: set(&settings.metrics_addr)
                .map(|value| {
                    let takes = "an address with a port, as 127.0.0.1:9100";
                    parsed("METRICS_ADDR", Some(value), "", takes)
                })
                .transpose()?,
            otlp_endpoint: collector(set(&settings.otlp_endpoint))?,
            traces_share: share(set(&settings.traces_share))?,
            messages_per_second: parsed(
                "MESSAGES_PER_SECOND",
                set(&settings.messages_per_second),
                "20",
                "a number from 1 up",
            )?,
            events_per_second: parsed(
                "EVENTS_PER_SECOND",
                set(&settings.events_per_second),
                "100",
                "a number from 1 up",
            )?,
            rooms_per_socket: parsed::<NonZeroU32>(
                "ROOMS_PER_SOCKET",
                set(&settings.rooms_per_socket),
                "500",
                "a number from 1 up",
            )?
            .get() as usize,
            worker_concurrency: match parsed::<u16>(
                "WORKER_CONCURRENCY",
                set(&settings.worker_concurrency),
                "32",
                WORKERS,
            )? {
                number @ 1..=1_000 => usize::from(number),
                number => {
                    return wrong(
                        "WORKER_CONCURRENCY",
                        format!("is \"{number}\"; it takes {WORKERS}."),
                    );
                }
            },
            moderation_rules: set(&settings.moderation_rules),
            link_previews: word("LINK_PREVIEWS", &settings.link_previews, "on", "off", true)?,
            link_preview_networks: networks(set(&settings.link_preview_networks))?,
            page_dir: match set(&settings.page_dir).map(PathBuf::from) {
                Some(folder) if !folder.join("index.html").is_file() => {
                    return wrong(
                        "PAGE_DIR",
                        format!(
                            "is \"{}\", where there is no index.html; it takes a built page's folder.",
                            folder.display()
                        ),
                    );
                }
                folder => folder,
            },
            drain: Duration::from_secs(u64::from(parsed::<u16>(
                "DRAIN_SECONDS",
                set(&settings.drain_seconds),
                "5",
                "a number of seconds up to 65535",
            )?)),
            log_format: match word("LOG_FORMAT", &settings.log_format, "json", "pretty", false)? {
                true => LogFormat::Json,
                false => LogFormat::Pretty,
            },
            log_filter: {
                let filter = set(&settings.rust_log).unwrap_or_else(|| "info".into());
                if tracing_subscriber::EnvFilter::try_new(&filter).is_err() {
                    return wrong(
                        "RUST_LOG",
                        format!("is \"{filter}\", which is no filter; try info, or belfry=debug."),
                    );
                }
                filter
            },
            redis_prefix: set(&settings.redis_prefix).unwrap_or_else(|| "belfry:".into()),
            database,
            redis_url,
            jwt_secret,
            jwt_previous_secrets,
            jwt_jwks,
            jwt_issuer,
            jwt_audience,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: Settings) -> &'static str {
        Config::check(settings)
            .err()
            .map_or("nothing", |error| error.setting)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let usual = Settings::default;
        assert!(Config::check(usual()).is_ok());
        assert_eq!(
            refused(Settings {
                redis_url: some("redis://x"),
                ..usual()
            }),
            "REDIS_URL"
        );
        assert_eq!(
            refused(Settings {
                jwt_secret: some("short"),
                ..usual()
            }),
            "JWT_SECRET"
        );
        assert_eq!(
            refused(Settings {
                database_url: some("postgres://x"),
                ..usual()
            }),
            "JWT_SECRET"
        );
        assert_eq!(
            refused(Settings {
                database_url: some("mysql://x"),
                ..usual()
            }),
            "DATABASE_URL"
        );
        assert_eq!(
            refused(Settings {
                bind_addr: some("nowhere"),
                ..usual()
            }),
            "BIND_ADDR"
        );
        assert_eq!(
            refused(Settings {
                server_api_key: some("two words"),
                ..usual()
            }),
            "SERVER_API_KEY"
        );
        assert_eq!(
            refused(Settings {
                server_api_key: some(" , ,"),
                ..usual()
            }),
            "SERVER_API_KEY"
        );
        assert_eq!(
            refused(Settings {
                guests: some("maybe"),
                ..usual()
            }),
            "GUESTS"
        );
        assert_eq!(
            refused(Settings {
                messages_per_second: some("0"),
                ..usual()
            }),
            "MESSAGES_PER_SECOND"
        );
        assert_eq!(
            refused(Settings {
                cors_origins: some("capacitor://localhost, *"),
                ..usual()
            }),
            "CORS_ORIGINS"
        );
        assert_eq!(
            refused(Settings {
                jwt_jwks: some("ftp://x"),
                ..usual()
            }),
            "JWT_JWKS"
        );
        assert_eq!(
            refused(Settings {
                jwt_audience: some("x"),
                ..usual()
            }),
            "JWT_AUDIENCE"
        );
        assert_eq!(
            refused(Settings {
                trusted_proxies: some("nginx"),
                ..usual()
            }),
            "TRUSTED_PROXIES"
        );
        for (setting, settings) in [
            (
                "JWT_PREVIOUS_SECRETS",
                Settings {
                    jwt_previous_secrets: some("short"),
                    ..usual()
                },
            ),
            (
                "TLS_KEY",
                Settings {
                    tls_cert: some("cert.pem"),
                    ..usual()
                },
            ),
            (
                "TLS_CERT",
                Settings {
                    tls_key: some("key.pem"),
                    ..usual()
                },
            ),
            (
                "HSTS_SECONDS",
                Settings {
                    hsts_seconds: some("a year"),
                    ..usual()
                },
            ),
            (
                "CONNECTIONS_PER_ADDRESS",
                Settings {
                    connections_per_address: some("0"),
                    ..usual()
                },
            ),
            (
                "ACCOUNTS_PER_ADDRESS",
                Settings {
                    accounts_per_address: some("few"),
                    ..usual()
                },
            ),
            (
                "METRICS_ADDR",
                Settings {
                    metrics_addr: some("9100"),
                    ..usual()
                },
            ),
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                Settings {
                    otlp_endpoint: some("collector:4317"),
                    ..usual()
                },
            ),
            (
                "OTEL_TRACES_SAMPLER_ARG",
                Settings {
                    traces_share: some("2"),
                    ..usual()
                },
            ),
        ] {
            assert_eq!(refused(settings), setting);
        }
        assert_eq!(
            refused(Settings {
                rust_log: some("a=b=c"),
                ..usual()
            }),
            "RUST_LOG"
        );
    }

    #[test]
    fn the_servers_key_is_one_or_several() {
        let keys = |text| {
            let settings = Settings {
                server_api_key: text,
                ..Settings::default()
            };
            Config::check(settings).map(|config| config.server_api_keys)
        };
        assert_eq!(keys(None).unwrap(), Vec::<String>::new());
        assert_eq!(keys(some("  ")).unwrap(), Vec::<String>::new());
        assert_eq!(keys(some("one")).unwrap(), ["one"]);
        assert_eq!(keys(some("old, new,")).unwrap(), ["old", "new"]);
    }
}
