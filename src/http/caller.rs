//! Who calls: the bearer token of a request.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use super::{problem::Failure, router::Shared};
use crate::domain::{
    account::Account,
    error::{Code, Problem},
};

/// The account whose valid token the request carries.
pub struct Caller(pub Arc<Account>);

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| {
                Problem::new(
                    Code::Unauthenticated,
                    "Authentication failed: send the header Authorization: Bearer <token>.",
                )
            })?;
        Ok(Self(shared.chat.authenticate(token).await?.account))
    }
}
