//! What a server sees of a visitor.

use serde::Serialize;
use utoipa::ToSchema;

/// The answer of `GET /api/admin/visitor`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisitorAnswer {
    /// Where the visitor is taken to come from: limits go by it.
    pub address: String,
    /// Who is at the other end of the connection: the visitor, or the last proxy.
    pub peer: String,
    /// The lines of `X-Forwarded-For`, as they came.
    pub forwarded_for: Vec<String>,
    /// `X-Forwarded-Proto`, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_proto: Option<String>,
    /// `Host`, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}
