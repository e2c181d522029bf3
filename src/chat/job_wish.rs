//! A background job as somebody wants it, and what of it is checked before anything else.

use serde_json::{Value, value::RawValue};

use crate::{
    domain::{
        error::{Code, Problem},
        job::Priority,
        timestamp::Timestamp,
    },
    protocol::client_event::unreadable,
};

/// The most bytes of a payload.
const PAYLOAD_MAX: usize = 64 * 1024;
/// The longest delay, and the longest time after which a job that was not started is dead, in milliseconds: 365 days.
const LATEST_MS: i64 = 31_536_000_000;

/// A job as somebody wants it.
#[derive(Debug, Clone)]
pub struct JobWish {
    /// Which type.
    pub kind: String,
    /// What the type takes; null if not said.
    pub payload: Option<Box<RawValue>>,
    /// Before or after others; as usual if not said.
    pub priority: Option<Priority>,
    /// Not before so many milliseconds.
    pub delay_ms: Option<i64>,
    /// Not started within so many milliseconds, it is dead.
    pub expires_ms: Option<i64>,
}

/// The payload as it is kept: JSON that any reader and both stores can make sense of.
pub(super) fn checked_payload(payload: Option<&RawValue>) -> Result<&str, Problem> {
    let payload = payload.map_or("null", RawValue::get);
    if payload.len() > PAYLOAD_MAX {
        return Err(Problem::new(
            Code::PayloadTooLarge,
            "`payload` has more than 64 KiB.",
        ));
    }
    serde_json::from_str::<Value>(payload).map_err(|error| unreadable("`payload`", &error))?;
    Ok(payload)
}

/// When a job may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) run_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
}

impl Times {
    pub(super) fn of(delay_ms: Option<i64>, expires_ms: Option<i64>) -> Result<Self, Problem> {
        let delay = delay_ms.unwrap_or(0);
        if !(0..=LATEST_MS).contains(&delay) {
            return Err(Problem::invalid(
                "`delayMs` is 0 to 31,536,000,000 milliseconds, which are 365 days.",
            ));
        }
        if expires_ms.is_some_and(|expires| expires <= delay || expires > LATEST_MS) {
            return Err(Problem::invalid(
                "`expiresMs` is more than `delayMs`, and at most 31,536,000,000 milliseconds, which are 365 days.",
            ));
        }
        let now = Timestamp::now().as_millis();
        let in_millis = |millis: i64| Timestamp::from_millis(now + millis);
        Ok(Self {
            run_at: (delay > 0).then(|| in_millis(delay)),
            expires_at: expires_ms.map(in_millis),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn a_job_has_its_time_and_ends_after_it_begins() {
        let fine = [
            (None, None),
            (Some(0), Some(1)),
            (Some(LATEST_MS), None),
            (Some(5), Some(6)),
            (None, Some(LATEST_MS)),
        ];
        for (delay, expires) in fine {
            let times = Times::of(delay, expires).unwrap();
            assert_eq!(times.run_at.is_some(), delay.is_some_and(|delay| delay > 0));
            assert_eq!(times.expires_at.is_some(), expires.is_some());
            assert!(times.expires_at.is_none_or(|end| Some(end) > times.run_at));
        }
        let wrong = [
            (Some(-1), None),
            (Some(i64::MIN), None),
            (Some(LATEST_MS + 1), None),
            (Some(i64::MAX), Some(i64::MAX)),
            (None, Some(0)),
            (None, Some(-1)),
            (Some(5), Some(5)),
            (None, Some(LATEST_MS + 1)),
            (Some(LATEST_MS), Some(LATEST_MS)),
        ];
        for (delay, expires) in wrong {
            let problem = Times::of(delay, expires).unwrap_err();
            assert_eq!(problem.code, Code::InvalidArgument, "{delay:?} {expires:?}");
        }
    }

    #[test]
    fn a_payload_is_json_that_everybody_can_read_and_not_too_much_of_it() {
        assert_eq!(checked_payload(None), Ok("null"));
        let longest = format!("\"{}\"", "x".repeat(PAYLOAD_MAX - 2));
        assert!(checked_payload(Some(&raw(&longest))).is_ok());
        let code = |json: &str| checked_payload(Some(&raw(json))).unwrap_err().code;
        let too_long = format!("\"{}\"", "x".repeat(PAYLOAD_MAX - 1));
        assert_eq!(code(&too_long), Code::PayloadTooLarge);
        assert_eq!(code(r#""\ud800""#), Code::InvalidArgument);
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert_eq!(code(&deep), Code::InvalidArgument);
        assert_eq!(code("1e999"), Code::InvalidArgument);
    }
}
