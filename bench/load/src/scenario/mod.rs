//! The scenarios, one a file, and how each one's result is printed.

pub mod avalanche;
pub mod claps;
pub mod durable;
pub mod fanout;
pub mod idle;
pub mod jitter;
pub mod join_storm;
pub mod rolling;
pub mod room_list;

use serde_json::{Map, Value, json};

/// Prints the figures as one line of JSON on stdout and the faults on stderr. Returns whether there were none.
pub fn print(scenario: &str, mut report: Map<String, Value>, faults: &[String]) -> bool {
    report.insert("scenario".into(), json!(scenario));
    report.insert("faults".into(), json!(faults));
    println!("{}", Value::Object(report));
    for fault in faults {
        eprintln!("{scenario}: NOT AS PROMISED: {fault}");
    }
    faults.is_empty()
}
