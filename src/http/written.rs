//! A long answer as JSON, written in one piece.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::problem::Failure;
use crate::domain::error::Problem;

/// What axum's `Json` answers, for lists of thousands: its buffer takes each fragment through a call that costs more than the fragment.
pub struct Written<T>(pub T);

impl<T: Serialize> IntoResponse for Written<T> {
    fn into_response(self) -> Response {
        let mut text = Vec::with_capacity(4 * 1024);
        match serde_json::to_writer(&mut text, &self.0) {
            Ok(()) => {
                let json = HeaderValue::from_static("application/json");
                ([(header::CONTENT_TYPE, json)], text).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be encoded");
                Failure(Problem::internal()).into_response()
            }
        }
    }
}
