//! What the server says of itself.

use serde::Serialize;
use utoipa::ToSchema;

/// The answer of `GET /health`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HealthAnswer {
    /// Always `ok`: the process is up.
    #[schema(pattern = "^ok$")]
    pub status: String,
}

/// The answer of `GET /ready` where traffic should come here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadyAnswer {
    /// Always `ok`.
    #[schema(pattern = "^ok$")]
    pub status: String,
    /// What is away and can be done without: `redis`. Empty while nothing is.
    pub degraded: Vec<String>,
}

/// The answer of `GET /ready` where traffic should go elsewhere.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NotReadyAnswer {
    /// Always `unavailable`.
    #[schema(pattern = "^unavailable$")]
    pub status: String,
    /// `starting`, `draining`, `database`, or of a worker `queue`.
    #[schema(pattern = "^(starting|draining|database|queue)$")]
    pub reason: String,
}
