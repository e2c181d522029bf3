//! Where work stands within a trace, as it travels between processes: ids alone, and only of what is recorded.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Rev;

/// A place in a trace that is recorded. As text it is W3C's `traceparent`, sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    /// The trace; never 0.
    pub trace: u128,
    /// The span that what follows belongs to; never 0.
    pub span: u64,
}

/// The place of one committed change of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The change's revision.
    pub rev: Rev,
    /// Where it stands.
    pub context: TraceContext,
}

/// The text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no traceparent")]
pub struct NoTraceParent;

/// What a caller says of its own trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// Where the caller stands.
    pub context: TraceContext,
    /// Whether the caller records its part.
    pub sampled: bool,
}

impl FromStr for TraceParent {
    type Err = NoTraceParent;

    /// Reads version 00, and of later versions what they have in common with it.
    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts.next().unwrap_or_default();
            let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let fits = part.len() == length && part.bytes().all(is_hex);
            fits.then_some(part).ok_or(NoTraceParent)
        };
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let is_longer = parts.next().is_some();
        let trace = u128::from_str_radix(trace, 16).map_err(|_| NoTraceParent)?;
        let span = u64::from_str_radix(span, 16).map_err(|_| NoTraceParent)?;
        let flags = u8::from_str_radix(flags, 16).map_err(|_| NoTraceParent)?;
        if version == "ff" || (version == "00" && is_longer) || trace == 0 || span == 0 {
            return Err(NoTraceParent);
        }
        Ok(Self {
            context: TraceContext { trace, span },
            sampled: flags & 1 == 1,
        })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

impl Serialize for TraceContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceContext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let parent: TraceParent = text.parse().map_err(serde::de::Error::custom)?;
        Ok(parent.context)
    }
}

/// Of an optional place that somebody else wrote: one that cannot be read is none, for no work is to fail over its trace.
pub fn if_readable<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TraceContext>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let parent = value.as_str().and_then(|text| text.parse().ok());
    Ok(parent.map(|parent: TraceParent| parent.context))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_place_is_written_as_it_is_read() {
        let parent: TraceParent = TEXT.parse().unwrap();
        assert!(parent.sampled);
        assert_eq!(parent.context.to_string(), TEXT);
        let json = serde_json::to_string(&parent.context).unwrap();
        assert_eq!(
            serde_json::from_str::<TraceContext>(&json).unwrap(),
            parent.context
        );
    }

    #[test]
    fn what_is_none_is_not_taken_for_one() {
        let unsampled = TEXT.replace("-01", "-00");
        assert!(!unsampled.parse::<TraceParent>().unwrap().sampled);
        let later = format!("cc{}-what-else", &TEXT[2..]);
        assert!(later.parse::<TraceParent>().is_ok());
        for wrong in [
            "".to_owned(),
            TEXT.to_uppercase(),
            TEXT[..54].to_owned(),
            format!("{TEXT}-more"),
            format!("ff{}", &TEXT[2..]),
            TEXT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            TEXT.replace("00f067aa0ba902b7", &"0".repeat(16)),
            TEXT.replace("00f067aa0ba902b7", "+0f067aa0ba902b7"),
            TEXT.replace('-', "_"),
        ] {
            assert_eq!(wrong.parse::<TraceParent>(), Err(NoTraceParent), "{wrong}");
        }
    }
}
