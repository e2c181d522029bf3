//! What is served apart from where clients come: figures, health and readiness, for those who look after the process.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    headers::{self, Kind},
    problem::Failure,
    router::{after_panic, no_such_method, within_limit},
    status::{self, Parts},
};
use crate::{
    domain::error::{Code, Problem},
    metrics::Metrics,
    ports::{bus::Bus, queue::Queue, store::Store},
};

/// What is to be known of a process.
pub struct Watched {
    /// Whether it can be read and written.
    pub store: Arc<dyn Store>,
    /// Whether Redis is there.
    pub bus: Arc<dyn Bus>,
    /// Of a worker, which is of no use without it; a server does without.
    pub queue: Option<Arc<dyn Queue>>,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Set while the process is going away.
    pub draining: Arc<AtomicBool>,
}

impl Watched {
    /// Whether work should come here, and otherwise why not. Ends within 2 s.
    pub async fn parts(&self) -> Parts {
        status::parts(
            self.draining.load(Ordering::Acquire),
            &*self.store,
            self.queue.as_deref(),
            &*self.bus,
        )
        .await
    }
}

/// `/metrics`, `/health` and `/ready`, and nothing else; what is refused is a problem, as elsewhere.
pub fn routes(watched: Arc<Watched>) -> Router {
    Router::new()
        .route("/health", get(status::health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(nowhere)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(0))
        .layer(from_fn(within_limit))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn(carry))
        .with_state(watched)
}

/// No page is here: all of it is data to a browser.
async fn carry(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    headers::put(Kind::Data, response.headers_mut());
    response
}

async fn nowhere() -> Failure {
    let said = "Here are /metrics, /health and /ready, and nothing else.";
    Problem::new(Code::NotFound, said).into()
}

async fn ready(State(watched): State<Arc<Watched>>) -> Response {
    status::answer(watched.parts().await)
}

async fn metrics(State(watched): State<Arc<Watched>>) -> Response {
    status::figures(&watched.metrics)
}
