//! The web page, out of the binary.

use axum::{
    http::{StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "frontend/dist"]
#[allow_missing = true]
struct Files;

/// Files that carry their own hash in their name never change.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// The file at the path; `index.html` at `/`.
pub(super) async fn page(uri: Uri) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    match Files::get(path) {
        Some(file) => {
            let kept = if path.starts_with("assets/") {
                FOREVER
            } else {
                "no-cache"
            };
            let kind = file.metadata.mimetype().to_owned();
            (
                [
                    (header::CONTENT_TYPE, kind),
                    (header::CACHE_CONTROL, kept.to_owned()),
                ],
                file.data,
            )
                .into_response()
        }
        None if path == "index.html" => {
            let hint = "<!doctype html><title>Belfry</title><p>Belfry runs. This binary was built without its web page: \
                        build <code>frontend/</code> first (<code>make run</code> does).";
            (StatusCode::OK, Html(hint)).into_response()
        }
        None => (StatusCode::NOT_FOUND, "Not here.").into_response(),
    }
}
