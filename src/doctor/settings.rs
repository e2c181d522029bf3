//! What the settings say: every one that makes no sense, not the first alone, and what makes sense and is unwise.

use std::collections::HashSet;

use clap::Args;

use super::{
    dotenv::{Dotenv, dotenv},
    secrets::secret,
};
use crate::{
    config::{Config, Database, Settings},
    ports::checkup::{Check, Level},
};

/// Stands in for a secret that is not there, so that the other settings can be looked at.
const STAND_IN: &str = "a stand-in of thirty-two bytes..";

/// What was made of the settings.
pub struct Sense {
    /// What is said of them.
    pub checks: Vec<Check>,
    /// As far as they make sense: those that do not are at their defaults. None where even that does not help.
    pub config: Option<Config>,
}

/// The names of all settings, as they stand in the environment.
pub(super) fn known_names() -> Vec<String> {
    let command = Settings::augment_args(clap::Command::new("settings"));
    let names = command
        .get_arguments()
        .filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned));
    names.collect()
}

/// Looks at all settings.
pub fn settings(given: &Settings, file: &Dotenv) -> Sense {
    let mut checks = dotenv(file);
    let mut left = given.clone();
    let mut wrong = 0;
    let config = loop {
        let error = match Config::check(left.clone()) {
            Ok(config) => break Some(config),
            Err(error) => error,
        };
        checks.push(Check::fail(
            error.setting,
            error.wrong,
            "put it right: nothing starts with it",
        ));
        wrong += 1;
        if wrong > known_names().len() || !left.without(error.setting) {
            break None;
        }
    };
    if wrong == 0 {
        checks.push(Check::ok("settings", "each makes sense"));
    }
    if let Some(config) = &config {
        checks.extend(secrets(given, config));
        checks.extend(unwise(config));
    }
    // One reason why a setting cannot be is enough.
    let mut failed = HashSet::new();
    checks.retain(|check| check.level != Level::Fail || failed.insert(check.name));
    Sense { checks, config }
}

fn secrets(given: &Settings, config: &Config) -> Vec<Check> {
    let signing = given.jwt_secret.as_deref().map(str::trim);
    let signing = signing.filter(|secret| !secret.is_empty());
    let signing = signing.map(|value| secret("JWT_SECRET", value));
    let keys = config.server_api_keys.iter();
    let keys = keys.map(|key| secret("SERVER_API_KEY", key));
    signing.into_iter().chain(keys).collect()
}

fn unwise(config: &Config) -> Vec<Check> {
    let mut checks = Vec::new();
    if config.tls.is_none() && !config.bind_addr.ip().is_loopback() {
        let proxied = config.trusted_proxies != Default::default();
        checks.push(match proxied {
            true => Check::ok("BIND_ADDR", format!("{}, behind proxies that TRUSTED_PROXIES names", config.bind_addr)),
            false => Check::warn(
                "BIND_ADDR",
                format!("{} takes plain http from other machines", config.bind_addr),
                "set TLS_CERT and TLS_KEY; or put a proxy with https before it, and name it in TRUSTED_PROXIES",
            ),
        });
    }
    let plain = config.cors_origins.in_the_open();
    if !plain.is_empty() {
        checks.push(Check::warn(
            "CORS_ORIGINS",
            format!(
                "{} is plain http: whoever is on the way can change its pages",
                plain.join(", ")
            ),
            "serve those pages over https",
        ));
    }
    match &config.database {
        Database::Postgres(url) if !url.contains("sslmode=") && !is_near(url) => {
            checks.push(Check::warn(
                "DATABASE_URL",
                "the way to the database need not be encrypted",
                "add ?sslmode=verify-full (or require), unless the network is yours alone",
            ));
        }
        Database::Postgres(_) if config.redis_url.is_none() => checks.push(Check::warn(
            "REDIS_URL",
            "without Redis one process alone may use the database",
            "set REDIS_URL to run replicas, or workers apart",
        )),
        _ => {}
    }
    checks
}

/// Whether the database's host is this machine.
fn is_near(url: &str) -> bool {
    [
        "@localhost",
        "@127.0.0.1",
        "//localhost",
        "//127.0.0.1",
        "@[::1]",
        "host=/",
    ]
    .iter()
    .any(|near| url.contains(near))
}

impl Settings {
    /// Puts a setting back to its default, or to one that is good with the others. False where that changes nothing more.
    fn without(&mut self, setting: &str) -> bool {
        // Without any the next complaint would be that there is none.
        let stand_in = setting == "JWT_SECRET" && self.jwt_secret.as_deref() != Some(STAND_IN);
        let value = match setting {
            "BIND_ADDR" => &mut self.bind_addr,
            "DATABASE_URL" => &mut self.database_url,
            "REDIS_URL" => &mut self.redis_url,
            "REDIS_PREFIX" => &mut self.redis_prefix,
            "JWT_SECRET" => &mut self.jwt_secret,
            "JWT_PREVIOUS_SECRETS" => &mut self.jwt_previous_secrets,
            "JWT_JWKS" => &mut self.jwt_jwks,
            "JWT_ISSUER" => &mut self.jwt_issuer,
            "JWT_AUDIENCE" => &mut self.jwt_audience,
            "REGISTRATION" => &mut self.registration,
            "SERVER_API_KEY" => &mut self.server_api_key,
            "GUESTS" => &mut self.guests,
            "ROOM_CREATION" => &mut self.room_creation,
            "CORS_ORIGINS" => &mut self.cors_origins,
            "TRUSTED_PROXIES" => &mut self.trusted_proxies,
            "CONNECTIONS_PER_ADDRESS" => &mut self.connections_per_address,
            "ACCOUNTS_PER_ADDRESS" => &mut self.accounts_per_address,
            // Each is wrong only without the other.
            "TLS_CERT" | "TLS_KEY" => {
                let had = self.tls_cert.is_some() || self.tls_key.is_some();
                (self.tls_cert, self.tls_key) = (None, None);
                return had;
            }
            "HSTS_SECONDS" => &mut self.hsts_seconds,
            "MESSAGES_PER_SECOND" => &mut self.messages_per_second,
            "EVENTS_PER_SECOND" => &mut self.events_per_second,
            "ROOMS_PER_SOCKET" => &mut self.rooms_per_socket,
            "WORKER_CONCURRENCY" => &mut self.worker_concurrency,
            "MODERATION_RULES" => &mut self.moderation_rules,
            "LINK_PREVIEWS" => &mut self.link_previews,
            "LINK_PREVIEW_NETWORKS" => &mut self.link_preview_networks,
            "PAGE_DIR" => &mut self.page_dir,
            "DRAIN_SECONDS" => &mut self.drain_seconds,
            "METRICS_ADDR" => &mut self.metrics_addr,
            "OTEL_EXPORTER_OTLP_ENDPOINT" => &mut self.otlp_endpoint,
            "OTEL_TRACES_SAMPLER_ARG" => &mut self.traces_share,
            "LOG_FORMAT" => &mut self.log_format,
            "RUST_LOG" => &mut self.rust_log,
            _ => return false,
        };
        if stand_in {
            *value = Some(STAND_IN.to_owned());
            return true;
        }
        value.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(given: &Settings) -> Vec<&'static str> {
        let sense = settings(given, &Dotenv::None);
        assert!(sense.config.is_some());
        let failed = sense.checks.iter();
        failed
            .filter(|check| check.level == Level::Fail)
            .map(|check| check.name)
            .collect()
    }

    #[test]
    fn every_setting_that_makes_no_sense_is_named_and_the_rest_looked_at() {
        let some = |text: &str| Some(text.to_owned());
        let given = Settings {
            database_url: some("postgres://x"),
            bind_addr: some("everywhere"),
            guests: some("perhaps"),
            tls_key: some("key.pem"),
            drain_seconds: some("-1"),
            ..Settings::default()
        };
        let mut named = failed(&given);
        named.sort_unstable();
        assert_eq!(
            named,
            [
                "BIND_ADDR",
                "DRAIN_SECONDS",
                "GUESTS",
                "JWT_SECRET",
                "TLS_CERT"
            ]
        );
    }

    #[test]
    fn a_secret_that_cannot_be_fails_once() {
        for database in ["postgres://x", "sqlite://x"] {
            let given = Settings {
                database_url: Some(database.to_owned()),
                jwt_secret: Some("secret".to_owned()),
                ..Settings::default()
            };
            assert_eq!(failed(&given), ["JWT_SECRET"]);
        }
    }

    #[test]
    fn each_setting_can_be_put_aside() {
        for name in known_names() {
            let mut settings = Settings::default();
            let before = settings.without(&name);
            assert_eq!(before, name == "JWT_SECRET", "{name}");
        }
        assert!(!Settings::default().without("NO_SETTING"));
        // And each of them is known to the list above: a name that is not would change nothing when set.
        let command = Settings::augment_args(clap::Command::new("settings"));
        for arg in command.get_arguments() {
            let Some(name) = arg.get_env().and_then(|name| name.to_str()) else {
                continue;
            };
            let long = arg.get_long().unwrap_or_default();
            let parsed = Settings::augment_args(clap::Command::new("settings"))
                .try_get_matches_from(["settings", &format!("--{long}"), "x"]);
            let mut settings =
                <Settings as clap::FromArgMatches>::from_arg_matches(&parsed.unwrap()).unwrap();
            assert!(settings.without(name), "{name} cannot be put aside");
        }
    }
}
