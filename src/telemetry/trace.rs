//! What is recorded of the way that an event, a request or a job takes.
//!
//! Whether it is recorded at all is decided once, where it comes in. Ids it has in any case, so that the lines of the log that tell of
//! it can be found together. What is not recorded costs the making of its ids and nothing after that: there is no span, and nothing
//! travels with the news and the tickets.

use std::{
    cell::RefCell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId,
    trace::{Link, SpanContext, Status, TraceState},
};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use tokio::sync::mpsc;

pub use opentelemetry::trace::SpanKind;

use crate::domain::{
    id::JobId,
    trace::{TraceContext, TraceParent},
};

/// Spans that may wait to be sent, about a kilobyte each; beyond, they are dropped and counted.
const WAITING_MAX: usize = 4_096;
/// Traces are told apart by share in the last 32 bits of their ids. Those are random in a W3C trace, and in a UUIDv7 too, where the bits
/// before them may count within a millisecond.
const CHANCES: u64 = 1 << 32;

/// The name under which spans are recorded.
const SCOPE: &str = "belfry";

/// Where spans go. Cheap to clone; nothing is recorded by [`Tracer::off`].
#[derive(Debug, Clone, Default)]
pub struct Tracer(Option<Arc<Recorder>>);

/// What records.
#[derive(Debug)]
struct Recorder {
    /// Of [`CHANCES`].
    share: u64,
    spans: mpsc::Sender<SpanData>,
    dropped: AtomicU64,
}

/// The other end of a [`Tracer`]: the spans that have ended, and how many there was no room for.
#[derive(Debug)]
pub struct Recorded {
    /// In the order in which they ended.
    pub spans: mpsc::Receiver<SpanData>,
    recorder: Arc<Recorder>,
}

impl Recorded {
    /// How many spans were dropped because too many waited, since the start.
    pub fn dropped(&self) -> u64 {
        self.recorder.dropped.load(Ordering::Relaxed)
    }
}

impl Tracer {
    /// Records nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Records that share, from 0 to 1, of what comes in; and whatever another process has begun to record.
    pub fn recording(share: f64) -> (Self, Recorded) {
        let (sender, spans) = mpsc::channel(WAITING_MAX);
        let recorder = Arc::new(Recorder {
            share: (share.clamp(0.0, 1.0) * CHANCES as f64) as u64,
            spans: sender,
            dropped: AtomicU64::new(0),
        });
        (Self(Some(recorder.clone())), Recorded { spans, recorder })
    }

    /// Something that comes in: with ids, and with a span if it is recorded.
    pub fn begin(&self, name: &'static str) -> Scope {
        let trace = self.fresh();
        let span = trace.own_span(name, SpanKind::Server, 0);
        Scope::new(trace, span)
    }

    /// A request. `parent` is what its caller says of a trace of its own, which it then belongs to. Whether it is recorded is the
    /// caller's to say only where `believed`; anybody else may keep it from being recorded, but not have it recorded.
    pub fn begin_request(
        &self,
        parent: Option<TraceParent>,
        believed: bool,
        name: impl FnOnce() -> String,
    ) -> Scope {
        let mut trace = self.fresh();
        let mut above = 0;
        if let Some(TraceParent { context, sampled }) = parent {
            // Not by the ids of the trace, which are the caller's to choose.
            trace.recorder = match sampled {
                true if believed => self.0.clone(),
                true => trace.recorder,
                false => None,
            };
            trace.trace = context.trace;
            above = context.span;
        }
        let span = match trace.is_recorded() {
            true => trace.own_span(name(), SpanKind::Server, above),
            false => None,
        };
        Scope::new(trace, span)
    }

    /// What goes on here with something that another process, or another part of this one, has begun to record.
    pub fn resumed(&self, at: TraceContext) -> Trace {
        Trace {
            trace: at.trace,
            span: at.span,
            recorder: self.0.clone(),
        }
    }

    /// The trace of a job that somebody asked for. Its ids follow from the job's, as does whether it is recorded: whoever has to do with
    /// the job comes to the same, and nothing has to be kept with it.
    pub fn of_job(&self, job: JobId) -> Trace {
        let trace = job.0.as_u128();
        // The span under which it was asked for: any that is always the same and never 0.
        let span = (trace as u64) | 1;
        Trace {
            trace,
            span,
            recorder: self.chosen(trace),
        }
    }

    fn fresh(&self) -> Trace {
        let trace = rand::random::<u128>() | 1 << 127;
        Trace {
            trace,
            span: fresh_span(),
            recorder: self.chosen(trace),
        }
    }

    fn chosen(&self, trace: u128) -> Option<Arc<Recorder>> {
        let chance = trace as u64 % CHANCES;
        let recorder = self.0.as_ref()?;
        (chance < recorder.share).then(|| recorder.clone())
    }
}

fn fresh_span() -> u64 {
    rand::random::<u64>() | 1
}

/// A place in a trace: where what is begun from here belongs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Trace {
    trace: u128,
    span: u64,
    recorder: Option<Arc<Recorder>>,
}

impl Trace {
    /// Where this task stands, if it does something that came in.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|scope| scope.trace.clone()).ok()
    }

    /// The same trace, not recorded: for its ids alone.
    pub fn unrecorded(self) -> Self {
        Self {
            recorder: None,
            ..self
        }
    }

    /// The same trace, above all of its spans: for what nobody has asked for.
    pub fn at_the_top(self) -> Self {
        Self { span: 0, ..self }
    }

    /// Whether what happens here is recorded.
    pub fn is_recorded(&self) -> bool {
        self.recorder.is_some()
    }

    /// A span below this place that begins now; none where nothing is recorded.
    pub fn span(&self, name: &'static str, kind: SpanKind) -> Option<Span> {
        self.recorder.as_ref()?;
        self.span_since(name, kind, SystemTime::now())
    }

    /// A span below this place that began then.
    pub fn span_since(
        &self,
        name: &'static str,
        kind: SpanKind,
        since: SystemTime,
    ) -> Option<Span> {
        let recorder = self.recorder.clone()?;
        Some(Span::new(
            recorder,
            TraceContext {
                trace: self.trace,
                span: fresh_span(),
            },
            self.span,
            name.into(),
            kind,
            since,
        ))
    }

    /// The span that this place is, below `above`.
    pub fn own_span(
        &self,
        name: impl Into<std::borrow::Cow<'static, str>>,
        kind: SpanKind,
        above: u64,
    ) -> Option<Span> {
        let recorder = self.recorder.clone()?;
        let context = TraceContext {
            trace: self.trace,
            span: self.span,
        };
        let now = SystemTime::now();
        Some(Span::new(recorder, context, above, name.into(), kind, now))
    }

    /// Does something small at this place: what is logged meanwhile has its ids.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        Scope::new(self.clone(), None).during(work)
    }
}

/// Something that is recorded; it ends when this is dropped.
#[derive(Debug)]
pub struct Span(Box<Open>);

#[derive(Debug)]
struct Open {
    recorder: Arc<Recorder>,
    data: Option<SpanData>,
    context: TraceContext,
}

impl Span {
    fn new(
        recorder: Arc<Recorder>,
        context: TraceContext,
        above: u64,
        name: std::borrow::Cow<'static, str>,
        span_kind: SpanKind,
        since: SystemTime,
    ) -> Self {
        let data = SpanData {
            span_context: written(context),
            parent_span_id: SpanId::from(above),
            parent_span_is_remote: false,
            span_kind,
            name,
            start_time: since,
            end_time: since,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::builder(SCOPE).build(),
        };
        Self(Box::new(Open {
            recorder,
            data: Some(data),
            context,
        }))
    }

    /// Where it stands, for another process.
    pub fn context(&self) -> TraceContext {
        self.0.context
    }

    /// Where what it causes belongs.
    pub fn place(&self) -> Trace {
        Trace {
            trace: self.0.context.trace,
            span: self.0.context.span,
            recorder: Some(self.0.recorder.clone()),
        }
    }

    /// Says something of it. Never content, names or tokens: traces are kept elsewhere, and read by others.
    pub fn set(&mut self, name: &'static str, value: impl Into<opentelemetry::Value>) {
        if let Some(data) = &mut self.0.data {
            data.attributes.push(KeyValue::new(name, value));
        }
    }

    /// It has failed, with this code.
    pub fn failed(&mut self, code: &'static str) {
        self.set("error.type", code);
        if let Some(data) = &mut self.0.data {
            data.status = Status::error(code);
        }
    }

    /// It came from another trace as well.
    pub fn link(&mut self, to: TraceContext) {
        if let Some(data) = &mut self.0.data {
            let link = Link::new(written(to), Vec::new(), 0);
            data.links.links.push(link);
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        let open = &mut *self.0;
        if let Some(mut data) = open.data.take() {
            // Clocks may be set back.
            data.end_time = SystemTime::now().max(data.start_time);
            if open.recorder.spans.try_send(data).is_err() {
                open.recorder.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

fn written(context: TraceContext) -> SpanContext {
    SpanContext::new(
        TraceId::from(context.trace),
        SpanId::from(context.span),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    )
}

tokio::task_local! {
    /// Where a task stands. A key and no state: each task has a value of its own, for as long as it does that work.
    static CURRENT: Scope;
}

/// Work that has come in: its place, and its span while that is open.
#[derive(Debug)]
pub struct Scope {
    trace: Trace,
    span: RefCell<Option<Span>>,
}

impl Scope {
    /// Work at a place, under a span that ends with it.
    pub fn new(trace: Trace, span: Option<Span>) -> Self {
        Self {
            trace,
            span: RefCell::new(span),
        }
    }

    /// Work under a span of its own; without one, at `trace`.
    pub fn of(trace: Trace, span: Option<Span>) -> Self {
        let place = span.as_ref().map_or(trace, Span::place);
        Self::new(place, span)
    }

    /// Says something of the span, if there is one, before the work begins.
    pub fn with(mut self, say: impl FnOnce(&mut Span)) -> Self {
        if let Some(span) = self.span.get_mut() {
            say(span);
        }
        self
    }

    /// Does the work. The span ends with it unless it has been [`handed_on`].
    pub fn run<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }

    /// Does work that waits for nothing.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }
}

/// What is left of the work that this task does, to be gone on with elsewhere; none outside of such work.
pub fn handed_on() -> Option<Scope> {
    CURRENT
        .try_with(|scope| Scope {
            trace: scope.trace.clone(),
            span: RefCell::new(scope.span.take()),
        })
        .ok()
}

/// Says something of the span of the work that this task does, if that is recorded.
pub fn note(say: impl FnOnce(&mut Span)) {
    let _ = CURRENT.try_with(|scope| {
        if let Some(span) = scope.span.borrow_mut().as_mut() {
            say(span);
        }
    });
}

/// The ids of the work that this task does, recorded or not: of the trace and of the span.
pub fn current_ids() -> Option<(u128, u64)> {
    CURRENT
        .try_with(|scope| (scope.trace.trace, scope.trace.span))
        .ok()
}
