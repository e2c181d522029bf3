//! The examples of both descriptions. They tell of one small world, and the stories of the tests send them to a real server.
//!
//! In the files a text `@name` stands for the sample of that name.

use serde_json::{Map, Value};

const SAMPLES: &str = include_str!("examples/samples.json");
const REST: &str = include_str!("examples/rest.json");
const SOCKET: &str = include_str!("examples/socket.json");

/// Those of REST: by the operation's id its `parameters`, `body` and, by status, `answers`.
pub fn rest() -> Map<String, Value> {
    read(REST)
}

/// Those of the socket: by direction and event (`client join:room`) its `argument` and what it is answered with (`answer`).
pub fn socket() -> Map<String, Value> {
    read(SOCKET)
}

/// Nothing is read from outside: a test holds that all three files can be.
fn read(file: &str) -> Map<String, Value> {
    let samples: Map<String, Value> = serde_json::from_str(SAMPLES).unwrap_or_default();
    let mut examples = serde_json::from_str(file).unwrap_or_default();
    fill_in(&mut examples, &samples);
    match examples {
        Value::Object(examples) => examples,
        _ => Map::new(),
    }
}

fn fill_in(value: &mut Value, samples: &Map<String, Value>) {
    match value {
        Value::String(text) => {
            let sample = text.strip_prefix('@').and_then(|name| samples.get(name));
            if let Some(sample) = sample {
                *value = sample.clone();
                fill_in(value, samples);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, samples)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| fill_in(field, samples)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_every_sample_is_there() {
        for file in [SAMPLES, REST, SOCKET] {
            let read: Map<String, Value> = serde_json::from_str(file).unwrap();
            assert!(!read.is_empty());
        }
        for examples in [rest(), socket()] {
            let text = Value::Object(examples).to_string();
            assert!(!text.contains("\"@"), "a sample is missing");
        }
    }
}
