//! Which work is recorded, and what of it: decided once, and never by strangers.

use belfry::{
    domain::{
        id::JobId,
        trace::{TraceContext, TraceParent},
    },
    telemetry::trace::{self, Scope, SpanKind, Trace, Tracer},
};

fn parent(sampled: bool) -> Option<TraceParent> {
    let context = TraceContext {
        trace: u128::MAX,
        span: 42,
    };
    Some(TraceParent { context, sampled })
}

fn request(tracer: &Tracer, parent: Option<TraceParent>, believed: bool) -> Scope {
    tracer.begin_request(parent, believed, || "GET /api/rooms".into())
}

#[test]
fn a_stranger_cannot_have_anything_recorded_and_a_backend_can() {
    let (tracer, mut recorded) = Tracer::recording(0.0);
    drop(request(&tracer, parent(true), false));
    drop(request(&tracer, parent(false), true));
    drop(request(&tracer, None, true));
    assert!(recorded.spans.try_recv().is_err());
    drop(request(&tracer, parent(true), true));
    let span = recorded.spans.try_recv().unwrap();
    assert_eq!(span.parent_span_id, 42_u64.into());
    assert_eq!(span.span_context.trace_id(), u128::MAX.into());
}

#[test]
fn who_says_that_it_is_not_recorded_is_heeded() {
    let (tracer, mut recorded) = Tracer::recording(1.0);
    drop(request(&tracer, parent(false), false));
    assert!(recorded.spans.try_recv().is_err());
    drop(request(&tracer, parent(true), false));
    assert!(recorded.spans.try_recv().is_ok());
}

#[test]
fn about_the_share_is_recorded() {
    let (tracer, mut recorded) = Tracer::recording(0.25);
    for _ in 0..4_000 {
        drop(tracer.begin("event"));
    }
    let events = std::iter::from_fn(|| recorded.spans.try_recv().ok()).count();
    assert!((700..1_300).contains(&events), "{events} of 4,000");
    for _ in 0..4_000 {
        drop(
            tracer
                .of_job(JobId::fresh())
                .span("job", SpanKind::Consumer),
        );
    }
    let jobs = std::iter::from_fn(|| recorded.spans.try_recv().ok()).count();
    assert!((700..1_300).contains(&jobs), "{jobs} of 4,000");
}

#[test]
fn everybody_comes_to_the_same_trace_of_a_job() {
    let (here, _spans) = Tracer::recording(1.0);
    let (there, _more) = Tracer::recording(1.0);
    let job = JobId::fresh();
    let asked = here.of_job(job).own_span("asked", SpanKind::Producer, 0);
    let mut run = there.of_job(job).span("job", SpanKind::Consumer).unwrap();
    let asked = asked.unwrap().context();
    assert_eq!(run.context().trace, asked.trace);
    assert_eq!(asked.trace, job.0.as_u128());
    run.failed("failed");
}

#[test]
fn what_does_not_fit_is_dropped_and_counted() {
    let (tracer, mut recorded) = Tracer::recording(1.0);
    for _ in 0..5_000 {
        drop(tracer.begin("event"));
    }
    let kept = std::iter::from_fn(|| recorded.spans.try_recv().ok()).count();
    assert_eq!(kept as u64 + recorded.dropped(), 5_000);
    assert!(recorded.dropped() > 0);
}

#[tokio::test]
async fn work_that_is_handed_on_keeps_its_place_and_its_span() {
    let (tracer, mut recorded) = Tracer::recording(1.0);
    let beginning = async {
        trace::note(|span| span.set("begun", true));
        (trace::current_ids(), trace::handed_on())
    };
    let (ids, rest) = tracer.begin("event").run(beginning).await;
    assert!(recorded.spans.try_recv().is_err(), "it has not ended");
    let ending = async {
        assert_eq!(trace::current_ids(), ids);
        assert!(Trace::current().is_some_and(|at| at.is_recorded()));
        trace::note(|span| span.set("ended", true));
    };
    rest.unwrap().run(ending).await;
    let span = recorded.spans.try_recv().unwrap();
    let said: Vec<&str> = span.attributes.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(said, ["begun", "ended"]);
    assert_eq!(trace::current_ids(), None, "nothing is left behind");
}

#[tokio::test]
async fn ids_are_there_though_nothing_is_recorded() {
    let scope = Tracer::off().begin("event");
    let (ids, recorded) = scope
        .run(async {
            let recorded = Trace::current().is_some_and(|at| at.is_recorded());
            (trace::current_ids(), recorded)
        })
        .await;
    assert!(ids.is_some_and(|(trace, span)| trace != 0 && span != 0));
    assert!(!recorded);
}
