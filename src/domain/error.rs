//! What can go wrong, as a client is told: a stable code, a clear sentence, and when to try again.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stable codes; the whole list. The same over Socket.IO and REST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request itself is wrong; repeating it cannot help.
    InvalidArgument,
    /// No valid token.
    Unauthenticated,
    /// Known, but not allowed.
    Forbidden,
    /// Not there, or not for the asker to know of.
    NotFound,
    /// Stands against what is there.
    Conflict,
    /// Larger than the limit.
    PayloadTooLarge,
    /// Too often; `retryAfterMs` says when to come again.
    RateLimited,
    /// Not done, or the outcome is unknown: repeat with the same `clientId`.
    Unavailable,
    /// A fault of the server; the operator's log has the cause.
    Internal,
}

impl Code {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::PayloadTooLarge => "payload_too_large",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

/// A failure as a client is told of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct Problem {
    /// What kind of failure.
    pub code: Code,
    /// A sentence for people: what is wrong and what to do.
    pub message: String,
    /// In milliseconds: before then, trying again is of no use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    /// A failure with its sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after_ms: None,
        }
    }

    /// `invalid_argument`
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidArgument, message)
    }

    /// `not_found` for a room; the same words whether it is absent or not the asker's to see.
    pub fn no_room() -> Self {
        Self::new(Code::NotFound, "There is no such room.")
    }

    /// `rate_limited`
    pub fn rate_limited(message: impl Into<String>, wait: Option<Duration>) -> Self {
        let retry_after_ms = wait.map(|wait| wait.as_millis().max(1) as u64);
        Self {
            code: Code::RateLimited,
            message: message.into(),
            retry_after_ms,
        }
    }

    /// `unavailable`: the outcome is unknown, and a repeat with the same `clientId` is safe.
    pub fn unavailable() -> Self {
        Self {
            code: Code::Unavailable,
            message: "Not done, or not known to be: try again with the same clientId.".into(),
            retry_after_ms: Some(1_000),
        }
    }

    /// `internal`
    pub fn internal() -> Self {
        Self::new(
            Code::Internal,
            "Something failed on the server; its log says what.",
        )
    }
}
