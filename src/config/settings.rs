//! Every setting as text, with its words for the help: from flags and the environment.

use clap::Args;

/// All settings as text; [`Config::check`](super::Config::check) makes sense of them.
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
    /// HS256 secrets of before, comma-separated: what they have signed stays good [default: none]
    #[arg(
        long,
        env = "JWT_PREVIOUS_SECRETS",
        hide_env_values = true,
        global = true
    )]
    pub jwt_previous_secrets: Option<String>,
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
    /// Other origins whose pages may call, comma-separated, those of apps too (capacitor://localhost) [default: none]
    #[arg(long, env = "CORS_ORIGINS", global = true)]
    pub cors_origins: Option<String>,
    /// Proxies whose X-Forwarded-For is believed: addresses and networks, comma-separated [default: none]
    #[arg(long, env = "TRUSTED_PROXIES", global = true)]
    pub trusted_proxies: Option<String>,
    /// Connections of one address to this process: a number, or off [default: 1000]
    #[arg(long, env = "CONNECTIONS_PER_ADDRESS", global = true)]
    pub connections_per_address: Option<String>,
    /// Accounts, guests included, that one address may make in an hour: a number, or off [default: 500]
    #[arg(long, env = "ACCOUNTS_PER_ADDRESS", global = true)]
    pub accounts_per_address: Option<String>,
    /// A PEM file with the certificate and its chain, to serve https and wss; with TLS_KEY [default: none]
    #[arg(long, env = "TLS_CERT", global = true)]
    pub tls_cert: Option<String>,
    /// A PEM file with the certificate's private key
    #[arg(long, env = "TLS_KEY", global = true)]
    pub tls_key: Option<String>,
    /// How many seconds browsers are to insist on https for; unset: they are not told
    #[arg(long, env = "HSTS_SECONDS", global = true)]
    pub hsts_seconds: Option<String>,
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
    /// Where else to serve /metrics, /health and /ready; for serve /metrics is there alone [default: none]
    #[arg(long, env = "METRICS_ADDR", global = true)]
    pub metrics_addr: Option<String>,
    /// Where traces go, as OTLP over HTTP, such as http://collector:4318; unset: nowhere
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true,
        global = true
    )]
    pub otlp_endpoint: Option<String>,
    /// The share of requests and events that are traced, from 0 to 1 [default: 0.01]
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", global = true)]
    pub traces_share: Option<String>,
    /// pretty or json [default: pretty]
    #[arg(long, env = "LOG_FORMAT", global = true)]
    pub log_format: Option<String>,
    /// What to log, as tracing's filter [default: info]
    #[arg(long, env = "RUST_LOG", global = true)]
    pub rust_log: Option<String>,
}
