//! Failures as RFC 9457 problem details.

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{
    domain::error::{Code, Problem},
    protocol::{codes::explained, rest::ProblemDetails},
};

/// A [`Problem`] on its way out.
#[derive(Debug)]
pub struct Failure(pub Problem);

/// The answer of a handler.
pub type Answer<T> = Result<T, Failure>;

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

/// The HTTP status of a code.
pub fn status_of(code: Code) -> StatusCode {
    match code {
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Failure {
    /// The failure under another status than its code's own.
    pub fn with_status(self, status: StatusCode) -> Response {
        let Problem {
            code,
            message,
            retry_after_ms,
        } = self.0;
        let details = ProblemDetails {
            kind: explained(code).address,
            title: explained(code).title,
            status: status.as_u16(),
            detail: message,
            code,
            retry_after_ms,
        };
        let mut response = (status, Json(details)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(wait) = retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.div_ceil(1_000)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What a path below `/api` answers that is not there.
pub(super) fn no_such_path() -> Failure {
    Problem::new(
        Code::NotFound,
        "There is no such path; /api/docs lists them.",
    )
    .into()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = status_of(self.0.code);
        self.with_status(status)
    }
}

/// A JSON body, which is an object. What cannot be read as one is `invalid_argument`, what is too long `payload_too_large`.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes =
            Bytes::from_request(request, state)
                .await
                .map_err(|rejection| match rejection {
                    BytesRejection::FailedToBufferBody(error)
                        if error.status() == StatusCode::PAYLOAD_TOO_LARGE =>
                    {
                        Problem::new(
                            Code::PayloadTooLarge,
                            "The request is larger than this server takes.",
                        )
                    }
                    _ => Problem::invalid("The request's body could not be read."),
                })?;
        // Serde would take an array as well, field by field.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::invalid("The body is to be a JSON object.").into());
        }
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| crate::protocol::client_event::unreadable("The body", &error))?;
        Ok(Self(value))
    }
}

/// A parameter of the path.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for InPath<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Path(value) = Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection| {
                Problem::invalid(format!("The path: {}", rejection.body_text()))
            })?;
        Ok(Self(value))
    }
}

/// The query.
pub struct InQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for InQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let Query(value) = Query::from_request_parts(parts, state)
            .await
            .map_err(|rejection| {
                Problem::invalid(format!("The query: {}", rejection.body_text()))
            })?;
        Ok(Self(value))
    }
}
