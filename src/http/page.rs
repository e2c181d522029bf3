//! The web page: out of the binary, or out of a folder of the operator's. What can be compressed is, for whoever takes it so.

use std::path::PathBuf;

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::RustEmbed;
use tower::ServiceExt;
use tower_http::{compression::CompressionLayer, services::ServeDir};

#[derive(RustEmbed)]
#[folder = "frontend/dist"]
#[allow_missing = true]
struct Files;

/// Files that carry their own hash in their name never change.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_FIRST: HeaderValue = HeaderValue::from_static("no-cache");

/// Answers all paths that nothing else answers, from `folder` or else from the binary.
pub(super) fn routes(folder: Option<PathBuf>) -> Router {
    let files = match folder {
        None => get(built_in),
        Some(folder) => {
            let files = ServeDir::new(folder);
            get(move |request| from_folder(files.clone(), request))
        }
    };
    Router::new().fallback(files).layer(CompressionLayer::new())
}

async fn from_folder(files: ServeDir, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    match files.oneshot(request).await {
        Ok(found) if found.status() == StatusCode::NOT_FOUND => nothing_here(),
        Ok(mut found) => {
            found
                .headers_mut()
                .insert(header::CACHE_CONTROL, kept(&path));
            found.into_response()
        }
        Err(never) => match never {},
    }
}

/// The web client.
#[utoipa::path(get, operation_id = "getPage", path = "/", tag = "descriptions", security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
#[expect(
    dead_code,
    reason = "stands for the fallback, which has no path of its own"
)]
pub(super) async fn described() {}

/// The file at the path; `index.html` at `/`. To whoever has it already only that it is the same.
async fn built_in(uri: Uri, asked: HeaderMap) -> Response {
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        path => path,
    };
    match Files::get(path) {
        Some(file) => {
            let kind = HeaderValue::try_from(file.metadata.mimetype())
                .unwrap_or(HeaderValue::from_static("application/octet-stream"));
            let tag = tag_of(&file.metadata.sha256_hash());
            let is_same = has(&asked, &tag);
            let headers = [
                (header::CACHE_CONTROL, kept(uri.path())),
                (header::ETAG, tag),
                (header::VARY, HeaderValue::from_static("accept-encoding")),
            ];
            if is_same {
                return (StatusCode::NOT_MODIFIED, headers).into_response();
            }
            (headers, [(header::CONTENT_TYPE, kind)], file.data).into_response()
        }
        None if path == "index.html" => {
            let hint = "<!doctype html><title>Belfry</title><p>Belfry runs. This binary was built without its web page: \
                        build <code>frontend/</code> first (<code>make run</code> does).";
            (StatusCode::OK, Html(hint)).into_response()
        }
        None => nothing_here(),
    }
}

/// Weak, since the same file goes out compressed and not.
fn tag_of(hash: &[u8; 32]) -> HeaderValue {
    let hash = URL_SAFE_NO_PAD.encode(&hash[..12]);
    HeaderValue::try_from(format!("W/\"{hash}\"")).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Whether one of those that the client has is the same, by the weak comparison of RFC 9110, 8.8.3.2.
fn has(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let Ok(ours) = tag.to_str().map(opaque) else {
        return false;
    };
    let lines = asked.get_all(header::IF_NONE_MATCH).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|theirs| theirs == "*" || opaque(theirs) == ours)
}

fn kept(path: &str) -> HeaderValue {
    if path.starts_with("/assets/") {
        FOREVER
    } else {
        ASK_FIRST
    }
}

fn nothing_here() -> Response {
    (StatusCode::NOT_FOUND, "Not here.").into_response()
}
