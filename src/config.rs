//! Settings: from flags, the environment and a `.env` file, in that order; each checked before anything starts.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    time::Duration,
};

use axum::http::HeaderValue;
use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;

use crate::{admin::Admin, chat::tokens::SECRET_MIN, http::client_address::TrustedProxies};

const WORKERS: &str = "a number from 1 to 1000";

/// Rooms of people whose messages stay, over Socket.IO.
#[derive(Debug, Parser)]
#[command(name = "belfry", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a server replica, with a worker inside
    Serve {
        /// Leave the jobs to others
        #[arg(long)]
        no_worker: bool,
    },
    /// Run a worker alone
    Worker,
    /// Bring the store's schema up to date (serve does so too)
    Migrate,
    /// Look after what is in the store, beside whoever serves it
    Admin {
        /// What
        #[command(subcommand)]
        what: Admin,
    },
    /// Print a token that is signed with the configured secret
    Token {
        /// The user's id
        #[arg(long)]
        sub: String,
        /// The user's name
        #[arg(long)]
        name: String,
        /// How long it is good: 30s, 15m, 1h, 7d
        #[arg(long, default_value = "1h")]
        ttl: String,
    },
}

/// All settings as text; [`Config::check`] makes sense of them.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Where to listen [default: 127.0.0.1:3000]
    #[arg(long, env = "BIND_ADDR", global = true)]
    pub bind_addr: Option<String>,
    /// sqlite://path or postgres://… [default: sqlite://data/belfry.db]
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// redis://… or rediss://…; unset: everything inside this process
    #[arg(long, env = "REDIS_URL", hide_env_values = true, global = true)]
    pub redis_url: Option<String>,
    /// What every key in Redis starts with [default: belfry:]
    #[arg(long, env = "REDIS_PREFIX", global = true)]
    pub redis_prefix: Option<String>,
    /// HS256 secret, 32 bytes or more; with SQLite made once and kept in the store
    #[arg(long, env = "JWT_SECRET", hide_env_values = true, global = true)]
    pub jwt_secret: Option<String>,
    /// Keys of an external issuer of tokens: a JWKS in a file, or at an http or https address
    #[arg(long, env = "JWT_JWKS", hide_env_values = true, global = true)]
    pub jwt_jwks: Option<String>,
    /// The issuer that external tokens must name; unset: any
    #[arg(long, env = "JWT_ISSUER", global = true)]
    pub jwt_issuer: Option<String>,
    /// The audience that external tokens must name; unset: any
    #[arg(long, env = "JWT_AUDIENCE", global = true)]
    pub jwt_audience: Option<String>,
    /// open or closed: whether people may make accounts [default: open]
    #[arg(long, env = "REGISTRATION", global = true)]
    pub registration: Option<String>,
    /// The key for a backend: /api/publish, /api/notifications, /api/admin; unset: those are off
    #[arg(long, env = "SERVER_API_KEY", hide_env_values = true, global = true)]
    pub server_api_key: Option<String>,
    /// on or off: people without a password [default: on]
    #[arg(long, env = "GUESTS", global = true)]
    pub guests: Option<String>,
    /// join or explicit: whether joining makes rooms [default: join]
    #[arg(long, env = "ROOM_CREATION", global = true)]
    pub room_creation: Option<String>,
    /// Other origins whose pages may call, comma-separated [default: none]
    #[arg(long, env = "CORS_ORIGINS", global = true)]
    pub cors_origins: Option<String>,
    /// Proxies whose X-Forwarded-For is believed: addresses and networks, comma-separated [default: none]
    #[arg(long, env = "TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<String>,
    /// Messages of one user, bursts of five times that [default: 20]
    #[arg(long, env = "MESSAGES_PER_SECOND", global = true)]
    pub messages_per_second: Option<String>,
    /// Other events of one socket, bursts of five times that [default: 100]
    #[arg(long, env = "EVENTS_PER_SECOND", global = true)]
    pub events_per_second: Option<String>,
    /// Live rooms of one socket [default: 500]
    #[arg(long, env = "ROOMS_PER_SOCKET", global = true)]
    pub rooms_per_socket: Option<String>,
    /// Jobs that a worker does at once, beside those that come with messages [default: 32]
    #[arg(long, env = "WORKER_CONCURRENCY", global = true)]
    pub worker_concurrency: Option<String>,
    /// A file with the rules by which messages are moderated; unset: none are
    #[arg(long, env = "MODERATION_RULES", global = true)]
    pub moderation_rules: Option<String>,
    /// on or off: whether pages that messages link to are fetched for a preview [default: on]
    #[arg(long, env = "LINK_PREVIEWS", global = true)]
    pub link_previews: Option<String>,
    /// Private networks whose pages may be fetched all the same, comma-separated [default: none]
    #[arg(long, env = "LINK_PREVIEW_NETWORKS", global = true)]
    pub link_preview_networks: Option<String>,
    /// A folder with another web page to serve instead of the one inside the binary [default: none]
    #[arg(long, env = "PAGE_DIR", global = true)]
    pub page_dir: Option<String>,
    /// Seconds over which clients are sent away at the end [default: 5]
    #[arg(long, env = "DRAIN_SECONDS", global = true)]
    pub drain_seconds: Option<String>,
    /// pretty or json [default: pretty]
    #[arg(long, env = "LOG_FORMAT", global = true)]
    pub log_format: Option<String>,
    /// What to log, as tracing's filter [default: info]
    #[arg(long, env = "RUST_LOG", global = true)]
    pub rust_log: Option<String>,
}

/// A setting that makes no sense. Its text is one line and names the setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The setting, as it stands in the environment.
    pub setting: &'static str,
    /// What is wrong and what to do.
    pub wrong: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.wrong)
    }
}

impl std::error::Error for ConfigError {}

fn wrong<T>(setting: &'static str, wrong: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError {
        setting,
        wrong: wrong.into(),
    })
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// A `sqlite://` URL.
    Sqlite(String),
    /// A `postgres://` URL.
    Postgres(String),
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For collectors.
    Json,
}

/// Settings that make sense together.
#[derive(Clone)]
pub struct Config {
    /// Where to listen.
    pub bind_addr: SocketAddr,
    /// Where the store is.
    pub database: Database,
    /// Where cache, queue, bus and presence are; none: inside this process.
    pub redis_url: Option<String>,
    /// What every key in Redis starts with.
    pub redis_prefix: String,
    /// The signing secret; none: the store's own.
    pub jwt_secret: Option<Vec<u8>>,
    /// The keys of an external issuer: a file or an address.
    pub jwt_jwks: Option<String>,
    /// The issuer that external tokens must name.
    pub jwt_issuer: Option<String>,
    /// The audience that external tokens must name.
    pub jwt_audience: Option<String>,
    /// Whether people may make accounts.
    pub registration: bool,
    /// What a backend proves itself with; none: no backend may publish.
    pub server_api_key: Option<String>,
    /// Whether people may come without a password.
    pub guests: bool,
    /// Whether joining makes rooms.
    pub rooms_by_joining: bool,
    /// Other origins whose pages may call.
    pub cors_origins: Vec<HeaderValue>,
    /// Proxies whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// Messages of one user a second.
    pub messages_per_second: NonZeroU32,
    /// Other events of one socket a second.
    pub events_per_second: NonZeroU32,
    /// Live rooms of one socket.
    pub rooms_per_socket: usize,
    /// Jobs that a worker does at once, beside those that come with messages.
    pub worker_concurrency: usize,
    /// The file with the rules of moderation.
    pub moderation_rules: Option<String>,
    /// Whether pages that messages link to are fetched.
    pub link_previews: bool,
    /// Private networks whose pages may be fetched all the same.
    pub link_preview_networks: Vec<IpNet>,
    /// The folder with the web page; the binary's own where there is none.
    pub page_dir: Option<PathBuf>,
    /// Over which clients are sent away at the end.
    pub drain: Duration,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What to log.
    pub log_filter: String,
}

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
            server_api_key: server_key(set(&settings.server_api_key))?,
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
            jwt_jwks,
            jwt_issuer,
            jwt_audience,
        })
    }
}

fn parsed<T: std::str::FromStr>(
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

fn networks(list: Option<String>) -> Result<Vec<IpNet>, ConfigError> {
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

/// A header of HTTP has to carry it.
fn server_key(key: Option<String>) -> Result<Option<String>, ConfigError> {
    let key = key.map(|key| key.trim().to_owned());
    if key
        .as_ref()
        .is_some_and(|key| !key.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        return wrong(
            "SERVER_API_KEY",
            "takes letters, digits and signs of ASCII, without spaces.",
        );
    }
    Ok(key)
}

fn origins(list: Option<String>) -> Result<Vec<HeaderValue>, ConfigError> {
    let list = list.unwrap_or_default();
    list.split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(|origin| {
            let is_origin = origin.split_once("://").is_some_and(|(scheme, rest)| {
                matches!(scheme, "http" | "https") && !rest.is_empty() && !rest.contains('/')
            });
            match HeaderValue::from_str(origin) {
                Ok(value) if is_origin => Ok(value),
                _ => wrong(
                    "CORS_ORIGINS",
                    format!("\"{origin}\" is no origin; one looks like https://chat.example.org."),
                ),
            }
        })
        .collect()
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
                cors_origins: some("*"),
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
        assert_eq!(
            refused(Settings {
                rust_log: some("a=b=c"),
                ..usual()
            }),
            "RUST_LOG"
        );
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(seconds_of("15m"), Ok(900));
        for wrong in ["", "m", "15", "-1h", "1w", "é"] {
            assert!(seconds_of(wrong).is_err(), "{wrong}");
        }
    }
}
