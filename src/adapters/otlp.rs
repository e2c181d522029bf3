//! Spans to a collector: OTLP over HTTP, as protobuf, a batch at a time.
//!
//! A collector that is away costs nobody anything: spans wait up to a bound and are dropped beyond it, one request is under way at a time,
//! with a limit and pauses that grow, and the log says it once when the collector goes and once when it is back.

use std::{fmt::Display, time::Duration};

use opentelemetry::KeyValue;
use opentelemetry_otlp::{RetryPolicy, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{SpanData, SpanExporter as _},
};
use reqwest::{Client, Url, redirect};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::tls;
use crate::{domain::id::ReplicaId, ports::BackendError, telemetry::trace::Recorded};

/// Spans in one request.
const AT_ONCE: usize = 512;
/// How long spans gather before they go.
const GATHER: Duration = Duration::from_secs(1);
/// How long a request may take.
const REQUEST: Duration = Duration::from_secs(5);
/// Tries at one batch; then it is dropped, for it may be what the collector does not like.
const TRIES: u32 = 5;
/// Before the second try; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// At the end of a process, how long the last spans may take.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// The way to one collector.
pub struct Collector {
    exporter: SpanExporter,
    recorded: Recorded,
    tells: Tells,
}

impl Collector {
    /// Sends what is `recorded` to `endpoint`, an http or https address below which traces go to `/v1/traces`.
    ///
    /// Headers that a collector asks for are read from `OTEL_EXPORTER_OTLP_HEADERS`, as every OTLP exporter does.
    pub fn new(
        endpoint: &str,
        replica: ReplicaId,
        recorded: Recorded,
    ) -> Result<Self, BackendError> {
        let mut url = Url::parse(endpoint).map_err(away)?;
        url.path_segments_mut()
            .map_err(|()| away("it is no http or https address"))?
            .pop_if_empty()
            .extend(["v1", "traces"]);
        let (tls, wrong) = tls::trusting_the_system().map_err(away)?;
        if let Some(causes) = wrong
            && url.scheme() == "https"
        {
            tracing::warn!(
                causes,
                "the system has no certificates to trust: traces cannot be sent"
            );
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(REQUEST)
            .user_agent(concat!("belfry/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(away)?;
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(url)
            .with_timeout(REQUEST)
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .map_err(away)?;
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", "belfry"),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
                KeyValue::new("service.instance.id", replica.to_string()),
            ])
            .build();
        exporter.set_resource(&resource);
        Ok(Self {
            exporter,
            recorded,
            tells: Tells::default(),
        })
    }

    /// Sends until `stop`, and then for 2 s at most what is left.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::new();
        let sending = async {
            loop {
                self.gather(&mut batch).await;
                self.send(&mut batch).await;
            }
        };
        let _: Option<()> = stop.run_until_cancelled(sending).await;
        let left = async {
            self.recorded.spans.close();
            while !batch.is_empty() || !self.recorded.spans.is_empty() {
                while batch.len() < AT_ONCE
                    && let Ok(span) = self.recorded.spans.try_recv()
                {
                    batch.push(span);
                }
                let sent = self.exporter.export(std::mem::take(&mut batch)).await;
                if let Err(error) = sent {
                    tracing::debug!(%error, "the last spans were not sent");
                    return;
                }
            }
        };
        if timeout(LAST_SPANS, left).await.is_err() {
            tracing::debug!("the last spans were not sent in time");
        }
    }

    /// A batch: what comes within a second of its first span.
    async fn gather(&mut self, batch: &mut Vec<SpanData>) {
        if batch.is_empty() && self.recorded.spans.recv_many(batch, AT_ONCE).await == 0 {
            return std::future::pending().await;
        }
        let until = Instant::now() + GATHER;
        while batch.len() < AT_ONCE {
            let more = self.recorded.spans.recv_many(batch, AT_ONCE - batch.len());
            if !matches!(timeout_at(until, more).await, Ok(1..)) {
                return;
            }
        }
    }

    /// Sends a batch, again if need be. It stays in `batch` for as long as it may still be sent.
    async fn send(&mut self, batch: &mut Vec<SpanData>) {
        let mut pause = FIRST_PAUSE;
        for attempt in 1..=TRIES {
            match self.exporter.export(batch.clone()).await {
                Ok(()) => {
                    self.tells.went(self.recorded.dropped());
                    break;
                }
                Err(error) => {
                    self.tells.failed(&error);
                    // Also after the last try: the next batch fares no better at once.
                    sleep(pause.mul_f64(rand::random_range(0.5..=1.0))).await;
                    pause = LONGEST_PAUSE.min(pause * 2);
                    if attempt == TRIES {
                        self.tells.dropped += batch.len() as u64;
                    }
                }
            }
        }
        batch.clear();
    }
}

/// What the log is told of: changes alone.
#[derive(Debug, Default)]
struct Tells {
    is_away: bool,
    /// After all their tries.
    dropped: u64,
    told: u64,
}

impl Tells {
    fn failed(&mut self, error: &impl Display) {
        if std::mem::replace(&mut self.is_away, true) {
            tracing::debug!(%error, "spans are still not sent");
        } else {
            tracing::warn!(%error, "traces cannot be sent: they wait, and are dropped beyond what may wait");
        }
    }

    fn went(&mut self, crowded_out: u64) {
        let dropped = self.dropped + crowded_out;
        let more = dropped - self.told;
        if std::mem::replace(&mut self.is_away, false) {
            tracing::info!(dropped = more, "traces are sent again");
        } else if more > 0 && self.told == 0 {
            tracing::warn!(
                "there are more spans than can be sent: some are dropped, which is said once"
            );
        }
        self.told = dropped;
    }
}

/// With what it holds, which says why; an address may hold a password, and is not said.
fn away(cause: impl Display) -> BackendError {
    BackendError::Unavailable {
        backend: "the collector of traces",
        cause: cause.to_string(),
    }
}
