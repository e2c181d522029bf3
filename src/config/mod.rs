//! Settings: from flags, the environment and a `.env` file, in that order; each checked before anything starts.

mod check;
mod command;
mod settings;
mod words;

use std::{fmt, net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use ipnet::IpNet;

pub use self::{
    command::{Cli, Command, with_plain_usage},
    settings::Settings,
    words::seconds_of,
};
use crate::http::{client_address::TrustedProxies, origins::Origins};

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

/// What https is served with: two PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and its chain.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
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
    /// Secrets of before: what they have signed stays good.
    pub jwt_previous_secrets: Vec<Vec<u8>>,
    /// The keys of an external issuer: a file or an address.
    pub jwt_jwks: Option<String>,
    /// The issuer that external tokens must name.
    pub jwt_issuer: Option<String>,
    /// The audience that external tokens must name.
    pub jwt_audience: Option<String>,
    /// Whether people may make accounts.
    pub registration: bool,
    /// What a backend proves itself with: one key, or several while it is changed; none: no backend may publish.
    pub server_api_keys: Vec<String>,
    /// Whether people may come without a password.
    pub guests: bool,
    /// Whether joining makes rooms.
    pub rooms_by_joining: bool,
    /// Other origins whose pages may call.
    pub cors_origins: Origins,
    /// Proxies whose word on a client's address is taken.
    pub trusted_proxies: TrustedProxies,
    /// Connections of one address to this process; none: as many as there are.
    pub connections_per_address: Option<NonZeroU32>,
    /// Accounts, guests included, that one address may make in an hour; none: as many as there are.
    pub accounts_per_address: Option<NonZeroU32>,
    /// What to serve https with; none: plain http.
    pub tls: Option<TlsFiles>,
    /// For how long browsers are to insist on https; none: they are not told.
    pub hsts: Option<Duration>,
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
    /// Where the figures are, apart from where clients come.
    pub metrics_addr: Option<SocketAddr>,
    /// Where traces go, as OTLP over HTTP; none: nowhere.
    pub otlp_endpoint: Option<String>,
    /// The share of requests and events that are traced, from 0 to 1.
    pub traces_share: f64,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What to log.
    pub log_filter: String,
}
