//! The list of all figures: each is registered once, with its labels and what it means, and written in Prometheus's text format.

use std::fmt::Write;

use prometheus_client::{
    encoding::{EncodeMetric, text::encode},
    metrics::{MetricType, counter::Counter, gauge::Gauge},
    registry::{Metric, Registry},
};

/// A figure as it is scraped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Its whole name, that of the samples of a counter; a histogram's are longer.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// What tells its series apart.
    pub labels: &'static [&'static str],
    /// What it means, in a line.
    pub help: &'static str,
}

/// Figures, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    registry: Registry,
    known: Vec<Figure>,
}

impl Catalog {
    /// Adds a figure of Belfry's own: its name gets `belfry_` before it, and a counter's `_total` behind it.
    pub(super) fn add<M: Metric + Clone>(
        &mut self,
        name: &str,
        labels: &'static [&'static str],
        help: &'static str,
        metric: M,
    ) -> M {
        self.add_as(format!("belfry_{name}"), labels, help, metric)
    }

    /// A gauge without labels.
    pub(super) fn gauge(&mut self, name: &str, help: &'static str) -> Gauge {
        self.add(name, &[], help, Gauge::default())
    }

    /// A counter without labels.
    pub(super) fn counter(&mut self, name: &str, help: &'static str) -> Counter {
        self.add(name, &[], help, Counter::default())
    }

    /// Adds a figure whose whole name others have chosen.
    pub(super) fn add_as<M: Metric + Clone>(
        &mut self,
        name: String,
        labels: &'static [&'static str],
        help: &'static str,
        metric: M,
    ) -> M {
        let (kind, end) = match EncodeMetric::metric_type(&metric) {
            MetricType::Counter => ("counter", "_total"),
            MetricType::Histogram => ("histogram", ""),
            _ => ("gauge", ""),
        };
        self.known.push(Figure {
            name: format!("{name}{end}"),
            kind,
            labels,
            help,
        });
        self.registry.register(name, help, metric.clone());
        metric
    }

    pub(super) fn figures(&self) -> &[Figure] {
        &self.known
    }

    /// All figures that have a series, in the text format that every scraper reads.
    pub(super) fn written(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "the metrics could not be written");
        }
        plain(&text)
    }
}

/// OpenMetrics as the older text format, which differs for us in two things: the name of a counter is that of its samples, and nothing
/// marks the end. It is what `promtool` checks.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + text.len() / 16);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let described = line.strip_prefix("# ").and_then(|it| it.split_once(' '));
        let Some((what @ ("HELP" | "TYPE"), rest)) = described else {
            if described.is_none() && line != "# EOF" {
                plain.push_str(line);
                plain.push('\n');
            }
            continue;
        };
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        // What it means comes first, its type in the next line.
        let kind = match what {
            "HELP" => lines.peek().copied().unwrap_or_default(),
            _ => line,
        };
        let end = if kind.ends_with(" counter") {
            "_total"
        } else {
            ""
        };
        let _ = writeln!(plain, "# {what} {name}{end} {rest}");
    }
    plain
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

    use super::*;

    #[test]
    fn counters_are_described_by_the_name_of_their_samples() {
        let mut catalog = Catalog::default();
        catalog.add("sent", &[], "What was sent", Counter::<u64>::default());
        catalog.add_as("here".into(), &[], "What is here", Gauge::<i64>::default());
        let text = "# HELP belfry_sent_total What was sent.\n# TYPE belfry_sent_total counter\nbelfry_sent_total 0\n\
                    # HELP here What is here.\n# TYPE here gauge\nhere 0\n";
        assert_eq!(catalog.written(), text);
        let names: Vec<&str> = catalog.figures().iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["belfry_sent_total", "here"]);
    }
}
