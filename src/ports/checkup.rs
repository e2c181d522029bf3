//! What a look at one part of an installation says: for whoever operates it, and for nobody else.

use serde::Serialize;

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Not looked at, and why.
    Skipped,
    /// It works, and will not always.
    Warn,
    /// It does not work, or what is promised does not hold.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Which: a few words that stay the same.
    pub name: &'static str,
    /// How it stands.
    pub level: Level,
    /// What was found. Never a secret.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::of(name, Level::Ok, found, None)
    }

    /// Not looked at.
    pub fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self::of(name, Level::Skipped, why, None)
    }

    /// It works, and will not always.
    pub fn warn(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(name, Level::Warn, found, Some(remedy.into()))
    }

    /// It does not work.
    pub fn fail(name: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(name, Level::Fail, found, Some(remedy.into()))
    }

    fn of(
        name: &'static str,
        level: Level,
        found: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        Self {
            name,
            level,
            found: found.into(),
            remedy,
        }
    }
}

/// From this much on, two clocks that differ are worth a word: leases, expiry of tokens and "last seen" go by them.
const SKEW_SECONDS: f64 = 1.0;

/// Compares another clock with this machine's: `theirs` was read between `before` and `after` of ours; all in seconds since 1970.
pub fn clock(name: &'static str, before: f64, theirs: f64, after: f64) -> Check {
    let skew = theirs - (before + after) / 2.0;
    // What the way there and back took is no difference of clocks.
    let doubt = (after - before) / 2.0;
    if skew.abs() - doubt <= SKEW_SECONDS {
        return Check::ok(name, format!("{skew:+.3} s from this machine's"));
    }
    Check::warn(
        name,
        format!("{skew:+.1} s from this machine's"),
        "have every machine keep time by NTP (chrony, systemd-timesyncd): tokens expire and presence ends by the clock",
    )
}

/// What is said of room on the disk.
pub fn disk(name: &'static str, free: u64, all: u64, place: &str) -> Check {
    let found = format!(
        "{:.1} GB of {:.1} GB free at {place}",
        free as f64 / 1e9,
        all as f64 / 1e9
    );
    if free < 64 << 20 {
        return Check::fail(
            name,
            found,
            "make room now: what cannot be written is answered `unavailable`",
        );
    }
    if free < 1 << 30 || free < all / 20 {
        return Check::warn(name, found, "make room, or move the file to a larger disk");
    }
    Check::ok(name, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_by_more_than_the_question_took() {
        assert_eq!(clock("clock", 10.0, 10.5, 10.2).level, Level::Ok);
        assert_eq!(clock("clock", 10.0, 12.9, 14.0).level, Level::Ok);
        assert_eq!(clock("clock", 10.0, 12.0, 10.2).level, Level::Warn);
        assert_eq!(clock("clock", 10.0, 8.0, 10.2).level, Level::Warn);
    }

    #[test]
    fn a_disk_fills_before_it_is_full() {
        let of = |free: u64, all: u64| disk("disk", free, all, "/").level;
        assert_eq!(of(1 << 20, 1 << 40), Level::Fail);
        assert_eq!(of(1 << 35, 1 << 40), Level::Warn);
        assert_eq!(of(1 << 38, 1 << 40), Level::Ok);
    }
}
