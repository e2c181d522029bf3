//! What every answer carries for browsers; `docs/security.md` has the table.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::client_address::Client;

/// For documents and what they load: nothing from elsewhere, nothing inline, in nobody's frame. `'self'` covers the socket as well
/// (`ws:` beside `http:`, `wss:` beside `https:`).
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);
/// For data: whoever shows it as a document shows a dead one.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The page asks for none of these.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), \
     payment=(), serial=(), usb=()",
);
const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// What depends on the settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Headers {
    hsts: Option<HeaderValue>,
}

impl Headers {
    /// With `hsts`, browsers that came by https are told to insist on it for so long.
    pub(super) fn new(hsts: Option<Duration>) -> Arc<Self> {
        let hsts =
            hsts.and_then(|time| HeaderValue::try_from(format!("max-age={}", time.as_secs())).ok());
        Arc::new(Self { hsts })
    }
}

/// Puts them on whatever answers.
pub(super) async fn carry(
    State(settings): State<Arc<Headers>>,
    request: Request,
    next: Next,
) -> Response {
    let kind = Kind::of(request.uri().path());
    let by_https = request
        .extensions()
        .get::<Client>()
        .is_some_and(Client::came_by_https);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    put(kind, headers);
    if let Some(hsts) = settings.hsts.as_ref().filter(|_| by_https) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    response
}

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// REST: tokens, and what one person may see.
    Api,
    /// Packets, health, figures.
    Data,
    /// The page and its files, which any page may show.
    Page,
}

impl Kind {
    pub(super) fn of(path: &str) -> Self {
        let first = path.split('/').nth(1);
        match first {
            Some("api") => Self::Api,
            Some("socket.io" | "health" | "ready" | "metrics") => Self::Data,
            _ => Self::Page,
        }
    }
}

/// All that depend on nothing but the answer. What a handler has said itself stays.
pub(super) fn put(kind: Kind, headers: &mut HeaderMap) {
    let said = headers.get(header::CONTENT_TYPE);
    let is_html = said.is_some_and(|said| said.as_bytes().starts_with(b"text/html"));
    let mut say = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    say(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    say(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    let of_page = kind == Kind::Page;
    // A page of another origin that may call asks by CORS, to which this does not apply; the page's own files are for everybody.
    say(
        CORP,
        if of_page {
            HeaderValue::from_static("cross-origin")
        } else {
            SAME_ORIGIN
        },
    );
    // Scripts of workers are judged by the policy that they come with.
    if of_page || is_html {
        say(header::CONTENT_SECURITY_POLICY, PAGE);
        say(COOP, SAME_ORIGIN);
        say(PERMISSIONS_POLICY, PERMISSIONS);
    } else {
        say(header::CONTENT_SECURITY_POLICY, DATA);
    }
    if kind != Kind::Page {
        say(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
