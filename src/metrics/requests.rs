//! What is asked for over HTTP: by route and method, what came of it, and how long it took.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, histogram::Histogram},
};

use super::catalog::Catalog;

/// Requests to this process. Each series is there from the first such request on.
#[derive(Debug)]
pub struct RequestFigures(Family<Asked, Histogram>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: String,
    status: &'static str,
}

impl RequestFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        let buckets = || Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        Self(catalog.add(
            "http_request_seconds",
            &["method", "route", "status"],
            "How long requests took, by the template of their path (`other`: the page and whatever is not there), method and class of status; polls wait for packets",
            Family::new_with_constructor(buckets),
        ))
    }

    /// A request was answered. `route` is the path as the code has it, with names in the place of values; none for what has no route.
    pub fn answered(&self, method: &str, route: Option<&str>, status: u16, time: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method);
        let status = match status {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        let asked = Asked {
            method: method.unwrap_or("other"),
            route: route.unwrap_or("other").to_owned(),
            status,
        };
        self.0.get_or_create(&asked).observe(time.as_secs_f64());
    }
}

/// All others are one, for a client can make them up.
const METHODS: [&str; 7] = ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"];
