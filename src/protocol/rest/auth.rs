//! Coming in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::presence::User;

/// The body of `POST /api/auth/guest`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct GuestRequest {
    /// The name to be known by, 1 to 32 characters; one that is taken gets a suffix.
    #[schema(min_length = 1, max_length = 32)]
    pub username: String,
}

/// The body of `POST /api/auth/register` and `POST /api/auth/login`.
#[derive(Clone, Deserialize, ToSchema)]
pub struct Credentials {
    /// The account's name, 1 to 32 characters; the same without case.
    #[schema(min_length = 1, max_length = 32)]
    pub username: String,
    /// 8 to 256 characters, and not the username.
    #[schema(format = Password, min_length = 8, max_length = 256)]
    pub password: String,
}

/// The body of `POST /api/auth/refresh` and `POST /api/auth/logout`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshRequest {
    /// From the last session; good for one refresh.
    pub refresh_token: String,
}

/// What a log-in gives.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    /// Who.
    pub user: User,
    /// For `Authorization: Bearer` and for the Socket.IO handshake.
    pub access_token: String,
    /// For the next session, once.
    pub refresh_token: String,
    /// Seconds for which the access token is good.
    #[schema(minimum = 1)]
    pub expires_in: i64,
}
