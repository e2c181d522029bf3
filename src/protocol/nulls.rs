//! Null in schemas: a field of a request may be null where it may be left out; an answer leaves out what is not there.

use serde_json::{Map, Value};

/// The names of what requests hold besides their own bodies, and may be null in.
fn is_of_requests(name: &str) -> bool {
    name.ends_with("Request")
        || name.ends_with("Patch")
        || matches!(name, "Credentials" | "Draft" | "PublishTo")
}

/// Takes null from all schemas but those of requests.
pub fn take_from_answers(schemas: &mut Map<String, Value>) {
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !is_of_requests(name)) {
        take(schema);
    }
}

/// Takes null from a schema and all within it.
pub fn take(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(take),
        Value::Object(fields) => {
            fields.values_mut().for_each(take);
            let not_null = |each: &Value| each["type"] != "null";
            if let Some(Value::Array(choices)) = fields.get_mut("oneOf") {
                choices.retain(not_null);
                if let [only] = choices.as_mut_slice() {
                    let Value::Object(only) = only.take() else {
                        return;
                    };
                    fields.remove("oneOf");
                    fields.extend(only);
                }
            }
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|each| each != "null");
                if let [only] = types.as_mut_slice() {
                    let only = only.take();
                    fields.insert("type".into(), only);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_goes_wherever_it_stands() {
        let mut schema = json!({ "properties": {
            "a": { "type": ["string", "null"] },
            "b": { "oneOf": [{ "$ref": "#/x", "description": "B." }, { "type": "null" }] },
            "c": { "type": "array", "items": { "type": ["integer", "null"], "minimum": 0 } }
        } });
        take(&mut schema);
        let expected = json!({ "properties": {
            "a": { "type": "string" },
            "b": { "$ref": "#/x", "description": "B." },
            "c": { "type": "array", "items": { "type": "integer", "minimum": 0 } }
        } });
        assert_eq!(schema, expected);
    }
}
