//! Failures.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::error::Code;

/// A failure (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// Where the code is explained, relative to the server: `/api/docs#error-…`.
    #[serde(rename = "type")]
    #[schema(value_type = String, format = "uri-reference")]
    pub kind: &'static str,
    /// What all problems of this code have in common.
    #[schema(value_type = String)]
    pub title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What is wrong and what to do.
    pub detail: String,
    /// The same code as over Socket.IO.
    pub code: Code,
    /// In milliseconds: before then, trying again is of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
