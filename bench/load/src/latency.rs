//! Latency histograms, in microseconds inside and milliseconds in reports.

use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// A histogram of durations from 1 µs to 10 minutes, three significant digits.
#[derive(Clone)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        Latency(Histogram::new_with_bounds(1, 600_000_000, 3).expect("constant bounds are valid"))
    }
}

impl Latency {
    pub fn record(&mut self, micros: u64) {
        self.0.saturating_record(micros.max(1));
    }

    pub fn merge(&mut self, other: &Latency) {
        self.0
            .add(&other.0)
            .expect("all histograms have the same bounds");
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    pub fn quantile_ms(&self, q: f64) -> f64 {
        millis(self.0.value_at_quantile(q))
    }

    /// `[[quantile, milliseconds], ...]` for a plot, closer and closer to 1; null when nothing was recorded.
    pub fn distribution(&self) -> Value {
        const NINES: [f64; 4] = [0.0, 0.9, 0.99, 0.999];
        if self.0.is_empty() {
            return Value::Null;
        }
        let quantiles = NINES.iter().flat_map(|nines| {
            let step = (1.0 - nines) / 10.0;
            (0..9).map(move |nth| nines + f64::from(nth) * step)
        });
        let points = quantiles
            .chain([0.9999])
            .map(|q| (round4(q), self.quantile_ms(q)));
        json!(points.collect::<Vec<_>>())
    }

    /// `{ p50, p90, p99, p999, max, count }` in milliseconds, or null when nothing was recorded.
    pub fn report(&self) -> Value {
        if self.0.is_empty() {
            return Value::Null;
        }
        json!({
            "p50": self.quantile_ms(0.5), "p90": self.quantile_ms(0.9), "p99": self.quantile_ms(0.99),
            "p999": self.quantile_ms(0.999), "max": millis(self.0.max()), "count": self.count(),
        })
    }
}

fn round4(q: f64) -> f64 {
    (q * 1e4).round() / 1e4
}

fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}
