//! Who calls: the bearer token of a request, or the key of a backend.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    problem::{Failure, no_such_path},
    router::Shared,
};
use crate::domain::{
    account::Account,
    error::{Code, Problem},
};

/// The account whose valid token the request carries.
pub struct Caller(pub Arc<Account>);

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        let token = bearer(&parts.headers).ok_or_else(|| {
            Problem::new(
                Code::Unauthenticated,
                "Authentication failed: send the header Authorization: Bearer <token>.",
            )
        })?;
        Ok(Self(shared.chat.authenticate(token).await?.account))
    }
}

/// The request carries the key that this server's backends are given. Without such a key, the path is not there.
pub struct Backend;

impl FromRequestParts<Arc<Shared>> for Backend {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        match shared
            .chat
            .knows_backend(bearer(&parts.headers).unwrap_or_default())
        {
            Some(true) => Ok(Self),
            Some(false) => Err(Problem::new(
                Code::Unauthenticated,
                "Authentication failed: send the header Authorization: Bearer <SERVER_API_KEY>.",
            )
            .into()),
            None => Err(no_such_path()),
        }
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
