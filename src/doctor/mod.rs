//! `belfry doctor`: what is wrong with an installation, and what to do about it. And `belfry health`, for whoever restarts containers.
//!
//! It looks at what the settings say, at this machine, and (by the adapters' own check-ups) at the stores and at what is in front.

mod dotenv;
mod machine;
mod secrets;
mod settings;

use std::fmt::Write;

use axum::http::Uri;
use clap::Args;
use serde::Serialize;

pub use self::{
    dotenv::Dotenv,
    machine::{Descriptors, machine, raise_descriptors},
    settings::{Sense, settings},
};
use crate::{
    admin::plain,
    ports::checkup::{Check, Level},
};

/// How to look.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Also come in from outside, by the address that people open, and tell what is in between
    #[arg(long, value_name = "ADDRESS")]
    pub through: Option<String>,
    /// With --through: a page of this origin calls, and not one of the address's own
    #[arg(long, value_name = "ORIGIN", requires = "through")]
    pub origin: Option<String>,
    /// With --through: keep a websocket open for 75 s, as the user belfry-doctor
    #[arg(long, requires = "through")]
    pub patient: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Which server to ask.
#[derive(Debug, Clone, Args)]
pub struct Asked {
    /// The server [default: this machine's, by METRICS_ADDR or BIND_ADDR]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub url: Option<String>,
}

fn address(text: &str) -> Result<String, &'static str> {
    let url = text.parse::<Uri>().ok();
    let scheme = url.as_ref().and_then(Uri::scheme_str);
    match scheme {
        Some("http" | "https") => Ok(text.to_owned()),
        _ => Err("an address looks like https://chat.example.org"),
    }
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    checks: &'a [Check],
}

/// Whether nothing fails.
pub fn is_well(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.level != Level::Fail)
}

/// What was found, to be printed: a line each, with what to do below it; or as JSON.
pub fn report(checks: &[Check], as_json: bool) -> String {
    if as_json {
        let report = Report {
            ok: is_well(checks),
            checks,
        };
        let text = serde_json::to_string_pretty(&report);
        return text.unwrap_or_else(|_| "null".to_owned()) + "\n";
    }
    let width = checks.iter().map(|check| check.name.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for check in checks {
        let level = match check.level {
            Level::Ok => "ok",
            Level::Skipped => "-",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        let _ = writeln!(
            text,
            "{level:<4}  {:<width$}  {}",
            check.name,
            plain(&check.found)
        );
        if let Some(remedy) = &check.remedy {
            let _ = writeln!(text, "      {:<width$}  -> {}", "", plain(remedy));
        }
    }
    let count = |level| checks.iter().filter(|check| check.level == level).count();
    let _ = writeln!(
        text,
        "{} failed, {} to be looked at, {} well, {} not looked at.",
        count(Level::Fail),
        count(Level::Warn),
        count(Level::Ok),
        count(Level::Skipped)
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_to_do_and_gives_a_terminal_no_orders() {
        let checks = [
            Check::ok("disk", "enough"),
            Check::fail("redis", "gone\u{1b}[2J", "start it"),
        ];
        assert_eq!(
            report(&checks, false),
            "ok    disk   enough\nFAIL  redis  gone\\u{1b}[2J\n             -> start it\n\
             1 failed, 0 to be looked at, 1 well, 0 not looked at.\n"
        );
        assert!(!is_well(&checks));
        assert!(report(&checks, true).contains("\"ok\": false"));
    }
}
