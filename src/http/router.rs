//! All paths of the server, and what every answer carries.

use std::{
    any::Any,
    convert::Infallible,
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
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
    client_address::TrustedProxies,
    docs, page,
    problem::{Failure, no_such_path},
    rest, status,
};
use crate::{
    chat::Chat,
    domain::error::Problem,
    metrics::Metrics,
    ports::{bus::Bus, store::Store},
    protocol::asyncapi,
    sockets::{
        engine::{self, Engine},
        gateway::{Gateway, INCOMING_MAX},
        transport::Connection,
    },
};

/// How long a request may take, those excepted that wait for packets.
const REQUEST: Duration = Duration::from_secs(10);

/// The page needs nothing from elsewhere.
const POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

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
    /// The proxies whose word on a client's address is taken.
    pub proxies: TrustedProxies,
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
    /// Set while the process is going away.
    pub draining: Arc<AtomicBool>,
    /// The socket.
    pub gateway: Arc<Gateway>,
    /// Other origins whose pages may call.
    pub origins: Vec<HeaderValue>,
    /// The proxies whose word on a client's address is taken.
    pub proxies: TrustedProxies,
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
    match request.uri().path() {
        "/health" => status::health().await.into_response(),
        "/ready" => status::not_ready("starting"),
        _ => Failure(Problem::unavailable()).into_response(),
    }
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
        draining,
        gateway,
        origins,
        proxies,
        page,
    } = site;
    let shared = Arc::new(Shared {
        chat,
        store,
        bus,
        metrics,
        draining,
        proxies,
        openapi,
        asyncapi: asyncapi::document(),
    });
    let engine = Engine::start(gateway.clone(), Gateway::transport_settings());
    let socket = Router::new()
        .route("/socket.io/", any(socket))
        .route("/socket.io", any(socket))
        .with_state(engine)
        .layer(from_fn_with_state(gateway, note_connection));
    let rest = Router::new()
        .merge(api)
        .route("/api", any(nowhere))
        .route("/api/", any(nowhere))
        .route("/api/{*rest}", any(nowhere))
        .route("/health", get(status::health))
        .route("/ready", get(status::ready))
        .route("/metrics", get(status::metrics))
        .fallback_service(page::routes(page))
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(INCOMING_MAX))
        .layer(from_fn(within_limit))
        .layer(from_fn(with_security_headers))
        .with_state(shared);
    let mut router = rest.merge(socket);
    if !origins.is_empty() {
        let cors = CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
            .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
            .expose_headers([header::RETRY_AFTER])
            .max_age(Duration::from_secs(600));
        router = router.layer(cors);
    }
    router.layer(CatchPanicLayer::custom(after_panic)).layer(
        TraceLayer::new_for_http()
                .make_span_with(span)
                // Why is said where it is known, and not a line a request while a store is away.
                .on_failure(DefaultOnFailure::new().level(Level::DEBUG)),
    )
}

/// Without the query: the id of a polling session opens it to whoever reads the log, and people look for names.
fn span(request: &Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
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

async fn no_such_method() -> Response {
    Failure(Problem::invalid("The path does not take this method."))
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}

async fn socket(
    State(engine): State<Arc<Engine<Gateway>>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    engine::answer(engine, Some(connection), request).await
}

/// Lets the gateway know over which connection a session runs, and keeps new sessions out of a server that is going away.
async fn note_connection(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
    next: Next,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let sid = query.split('&').find_map(|pair| pair.strip_prefix("sid="));
    match sid {
        Some(sid) => {
            let websocket = query.split('&').any(|pair| pair == "transport=websocket");
            if *request.method() == Method::GET && !websocket {
                gateway.polls_over(sid, &connection);
            }
        }
        None if !gateway.is_open() => {
            return Failure(Problem::unavailable()).into_response();
        }
        None => {}
    }
    next.run(request).await
}

async fn within_limit(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(REQUEST, next.run(request)).await;
    answered.unwrap_or_else(|_| Failure(Problem::unavailable()).into_response())
}

async fn with_security_headers(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_api {
        // Tokens and what one person may see; neither is for a disk.
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn after_panic(cause: Box<dyn Any + Send + 'static>) -> Response {
    let cause = cause
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    tracing::error!(cause = cause.unwrap_or("unknown"), "a handler panicked");
    Failure(Problem::internal()).into_response()
}
