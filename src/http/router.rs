//! All paths of the server, and what every answer carries.

use std::{
    any::Any,
    convert::Infallible,
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use serde_json::Value;
use tower::ServiceExt;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
    trace::{DefaultOnFailure, TraceLayer},
};
use tracing::Level;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::{
    client_address::{Client, Proxies, TrustedProxies, note_client},
    docs,
    headers::{self, Headers, Kind},
    origins::Origins,
    page,
    problem::{Failure, no_such_path},
    rest,
    socket_route::{self, Guard, too_many},
    status,
};
use crate::{
    chat::Chat,
    domain::error::Problem,
    metrics::Metrics,
    ports::{bus::Bus, store::Store},
    protocol::asyncapi,
    sockets::{
        crowd::Crowd,
        gateway::{Gateway, INCOMING_MAX},
        notice::Notice,
    },
};

/// How long a request may take, those excepted that wait for packets.
const REQUEST: Duration = Duration::from_secs(10);

/// What the handlers share.
pub struct Shared {
    /// The use cases.
    pub chat: Arc<Chat>,
    /// For readiness alone.
    pub store: Arc<dyn Store>,
    /// For readiness alone.
    pub bus: Arc<dyn Bus>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Set while the process is going away.
    pub draining: Arc<AtomicBool>,
    /// The description of REST.
    pub openapi: Value,
    /// The description of the socket.
    pub asyncapi: Value,
}

/// What the paths are made from.
pub struct Site {
    /// The use cases.
    pub chat: Arc<Chat>,
    /// For readiness.
    pub store: Arc<dyn Store>,
    /// For readiness.
    pub bus: Arc<dyn Bus>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Whether they are to be read here.
    pub shows_metrics: bool,
    /// Set while the process is going away.
    pub draining: Arc<AtomicBool>,
    /// The socket.
    pub gateway: Arc<Gateway>,
    /// Other origins whose pages may call.
    pub origins: Origins,
    /// The proxies whose word on a client's address is taken.
    pub proxies: TrustedProxies,
    /// How many sessions one address may have, and how many requests through a proxy.
    pub per_address: Option<NonZeroU32>,
    /// For how long browsers are to insist on https.
    pub hsts: Option<Duration>,
    /// A folder with another web page than the binary's.
    pub page: Option<PathBuf>,
}

/// What answers before the server has started: alive, and not ready. Filled once, it answers as what it was filled with.
#[derive(Clone, Default)]
pub struct Entrance(Arc<OnceLock<Router>>);

impl Entrance {
    /// From now on `router` answers.
    pub fn open(&self, router: Router) {
        let _ = self.0.set(router);
    }

    /// What a listener serves.
    pub fn router(&self) -> Router {
        Router::new().fallback(enter).with_state(self.clone())
    }
}

async fn enter(State(entrance): State<Entrance>, request: Request) -> Response {
    if let Some(router) = entrance.0.get() {
        let answered: Result<Response, Infallible> = router.clone().oneshot(request).await;
        return answered.unwrap_or_else(|never| match never {});
    }
    let path = request.uri().path();
    let mut response = match path {
        "/health" => status::health().await.into_response(),
        "/ready" => status::not_ready("starting"),
        _ => Failure(Problem::unavailable()).into_response(),
    };
    headers::put(Kind::of(path), response.headers_mut());
    response
}

/// All paths.
pub fn router(site: Site) -> Router {
    let (api, description) = described();
    let openapi = docs::completed(&description);
    let Site {
        chat,
        store,
        bus,
        metrics,
        shows_metrics,
        draining,
        gateway,
        origins,
        proxies,
        per_address,
        hsts,
        page,
    } = site;
    let crowd = |what| Crowd::new(what, per_address, metrics.clone());
    let (proxied, sessions) = (crowd("requests through a proxy"), crowd("sessions"));
    let figures = metrics.clone();
    let shared = Arc::new(Shared {
        chat,
        store,
        bus,
        metrics,
        draining,
        openapi,
        asyncapi: asyncapi::document(),
    });
    let socket = socket_route::routes(Guard {
        gateway,
        origins: origins.clone(),
        crowd: sessions,
        strangers: Notice::default(),
    });
    let rest = Router::new()
        .merge(api)
        .route("/api", any(nowhere))
        .route("/api/", any(nowhere))
        .route("/api/{*rest}", any(nowhere))
        .route("/health", get(status::health))
        .route("/ready", get(status::ready))
        .route(
            "/metrics",
            match shows_metrics {
                true => get(status::metrics),
                false => any(nowhere),
            },
        )
        .fallback_service(page::routes(page))
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(INCOMING_MAX))
        .layer(from_fn(within_limit))
        .layer(from_fn_with_state(shared.clone(), super::recorded::request))
        .with_state(shared);
    let mut router = rest
        .merge(socket)
        .layer(from_fn_with_state(proxied, one_of_few));
    if !origins.is_empty() {
        let cors = CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(move |origin, _| origins.has(origin)))
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
            .expose_headers([header::RETRY_AFTER])
            .max_age(Duration::from_secs(600));
        router = router.layer(cors);
    }
    router
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(figures, counted))
        .layer(from_fn_with_state(Headers::new(hsts), headers::carry))
        .layer(from_fn_with_state(Proxies::new(proxies), note_client))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                // Why is said where it is known, and not a line a request while a store is away.
                .on_failure(DefaultOnFailure::new().level(Level::DEBUG)),
        )
}

/// Without path and query: they hold ids of rooms and people, names that somebody looks for, and the id of a polling session, which
/// opens it to whoever reads the log. The route is in the trace.
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method())
}

/// The paths below `/api` and their description.
fn described() -> (Router<Arc<Shared>>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(docs::Description::openapi())
        .merge(rest::routes())
        .merge(docs::routes())
        .split_for_parts()
}

/// The OpenAPI document, without a server.
pub fn openapi_document() -> Value {
    docs::completed(&described().1)
}

async fn nowhere() -> Failure {
    no_such_path()
}

pub(super) async fn no_such_method() -> Response {
    Failure(Problem::invalid("The path does not take this method."))
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// Behind a trusted proxy connections say nothing of people: there an address may have so many requests under way. Those that wait for
/// packets are left out, since sessions are counted.
async fn one_of_few(State(crowd): State<Arc<Crowd>>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>();
    let is_poll = *request.method() == Method::GET && Kind::of(request.uri().path()) == Kind::Data;
    let Some(client) = client.filter(|client| client.is_proxied && !is_poll) else {
        return next.run(request).await;
    };
    match crowd.enter(client.address) {
        Ok(_seat) => next.run(request).await,
        Err(_) => too_many().into_response(),
    }
}

/// Counts and times what is answered.
async fn counted(State(figures): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    let status = response.status().as_u16();
    figures
        .requests
        .answered(method.as_str(), route, status, began.elapsed());
    response
}

pub(super) async fn within_limit(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(REQUEST, next.run(request)).await;
    answered.unwrap_or_else(|_| Failure(Problem::unavailable()).into_response())
}

pub(super) fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let cause = cause
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    tracing::error!(cause = cause.unwrap_or("unknown"), "a handler panicked");
    Failure(Problem::internal()).into_response()
}
