//! A worker as an operator's program would be one.

use std::{fs, path::Path};

use belfry::{
    app,
    config::{Config, Settings},
    domain::id::ReplicaId,
    jobs::Handlers,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    nothing::{Nothing, Seen},
    parts::setting,
};

pub async fn run(report: &Path) {
    let settings = Settings {
        database_url: Some(setting("DATABASE_URL")),
        redis_url: Some(setting("REDIS_URL")),
        jwt_secret: Some(setting("JWT_SECRET")),
        worker_concurrency: Some(setting("WORKER_CONCURRENCY")),
        ..Settings::default()
    };
    let config = Config::check(settings).unwrap_or_else(|error| panic!("{error}"));
    let seen = Seen::default();
    let handlers = Handlers::new().with(Nothing(seen.clone()));
    let mut terminate = signal(SignalKind::terminate()).expect("signals");
    let end = async move {
        terminate.recv().await;
    };
    if let Err(error) = app::work(config, handlers, ReplicaId::fresh(), end).await {
        panic!("{error}");
    }
    let seen = seen.0.lock().expect("nobody panics");
    let report_of =
        serde_json::json!({ "startMs": seen.report(), "distribution": seen.distribution() });
    fs::write(report, report_of.to_string()).expect("the report");
}
