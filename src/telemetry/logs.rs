//! Log lines: for people or for collectors, to standard error. Each says which replica wrote it, and of what trace it tells.

use std::{fmt, io::IsTerminal};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
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

/// Libraries that write down what passes through them below this level, which is what people say.
const DISCREET: [&str; 1] = ["tungstenite=info"];

/// Starts logging as the settings say. To be called once, by the program.
pub fn start(config: &Config, replica: ReplicaId) {
    let registry = tracing_subscriber::registry().with(filter(&config.log_filter));
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

/// What is wanted, but for what nobody is to read: that holds whatever is wanted.
fn filter(wanted: &str) -> EnvFilter {
    let wanted = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    DISCREET
        .iter()
        .filter_map(|rule| rule.parse().ok())
        .fold(wanted, EnvFilter::add_directive)
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
