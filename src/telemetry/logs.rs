//! Log lines: for people or for collectors, to standard error. Each says which replica wrote it, and of what trace it tells.

use std::{fmt, io::IsTerminal};

use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    filter::filter_fn,
    fmt::{
        self as lines, FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Json, Writer},
    },
    prelude::*,
    registry::LookupSpan,
};

use super::trace::current_ids;
use crate::{
    config::{Config, LogFormat},
    domain::id::ReplicaId,
};

/// Libraries that write down what passes through them below `info`, which is what people say, where their links lead, and who they are:
/// frames of websockets, requests and redirections of previews, statements and commands to the stores.
const DISCREET: [&str; 12] = [
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio_rustls",
    "sqlx",
    "sqlx_core",
    "sqlx_postgres",
    "sqlx_sqlite",
    "redis",
];

/// Starts logging as the settings say. To be called once, by the program.
pub fn start(config: &Config, replica: ReplicaId) {
    let wanted = EnvFilter::try_new(&config.log_filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // A filter of its own: as one more rule of the wish it would lose to a more specific one.
    let registry = tracing_subscriber::registry()
        .with(wanted)
        .with(filter_fn(may_be_read));
    let started = match config.log_format {
        LogFormat::Json => {
            let told = WithIds {
                format: lines::format().json(),
                replica: Some(replica.to_string()),
            };
            let layer = lines::layer().json().event_format(told);
            registry.with(layer.with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Pretty => {
            let told = WithIds {
                format: lines::format().with_target(false),
                replica: None,
            };
            let layer = lines::layer().with_ansi(is_in_colour()).event_format(told);
            registry.with(layer.with_writer(std::io::stderr)).try_init()
        }
    };
    // Somebody else, a test for one, has a logger already.
    let _ = started;
}

/// Whether this may be written, whatever is wanted.
fn may_be_read(what: &Metadata<'_>) -> bool {
    *what.level() <= Level::INFO || !is_discreet(what.target())
}

/// By the library's name, the first part of the target.
fn is_discreet(target: &str) -> bool {
    let library = target.split("::").next().unwrap_or_default();
    DISCREET.contains(&library)
}

/// Only for eyes: a file or a collector would keep the codes. NO_COLOR as https://no-color.org has it.
fn is_in_colour() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !unwanted
}

/// Lines as `format` writes them, and the ids of what they tell of.
struct WithIds<F> {
    format: F,
    /// For collectors, who have many.
    replica: Option<String>,
}

impl<S, N> FormatEvent<S, N> for WithIds<Format<Json>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(512);
        self.format
            .format_event(context, Writer::new(&mut line), event)?;
        let Some(object) = line.trim_end().strip_suffix('}') else {
            return to.write_str(&line);
        };
        to.write_str(object)?;
        if let Some(replica) = &self.replica {
            write!(to, r#","replica":"{replica}""#)?;
        }
        if let Some((trace, span)) = current_ids() {
            write!(to, r#","trace_id":"{trace:032x}","span_id":"{span:016x}""#)?;
        }
        to.write_str("}\n")
    }
}

impl<S, N> FormatEvent<S, N> for WithIds<Format<Full>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some((trace, _)) = current_ids() else {
            return self.format.format_event(context, to, event);
        };
        let mut line = String::with_capacity(256);
        self.format
            .format_event(context, Writer::new(&mut line), event)?;
        writeln!(to, "{} trace_id={trace:032x}", line.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discretion_is_by_library() {
        for target in [
            "tungstenite",
            "tungstenite::protocol::frame",
            "sqlx::query",
            "sqlx_core::pool",
            "reqwest::connect",
            "redis::aio",
        ] {
            assert!(is_discreet(target), "{target}");
        }
        for target in ["belfry", "belfry::adapters::redis", "rediscovered", "log"] {
            assert!(!is_discreet(target), "{target}");
        }
    }
}
