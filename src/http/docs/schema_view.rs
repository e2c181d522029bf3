//! A JSON schema for people: its fields as a list, with what it refers to opened where it stands.

use maud::{Markup, html};
use serde_json::Value;

/// How many objects within objects are opened; below that the name is enough.
const DEEPEST: usize = 3;

/// The schemas that others refer to.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub &'a Value);

impl<'a> Schemas<'a> {
    /// What a schema is once its references are followed, and the name that it has among the schemas.
    fn resolved(self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let name = schema["$ref"].as_str().and_then(|at| at.rsplit('/').next());
        match name.map(|name| (&self.0[name], name)) {
            Some((found, name)) if !found.is_null() => (found, Some(name)),
            _ => (schema, None),
        }
    }

    /// The fields of a schema, those of its parts included.
    fn fields(self, schema: &'a Value) -> Vec<(&'a str, &'a Value, bool)> {
        let (schema, _) = self.resolved(schema);
        let mut fields: Vec<_> = list(&schema["allOf"])
            .flat_map(|part| self.fields(part))
            .collect();
        let required = |name: &str| list(&schema["required"]).any(|each| each == name);
        let own = schema["properties"].as_object().into_iter().flatten();
        fields.extend(own.map(|(name, field)| (name.as_str(), field, required(name))));
        // What must be there comes first; else the order stays.
        fields.sort_by_key(|(_, _, required)| !required);
        fields
    }

    /// The schema in full.
    pub(super) fn view(self, schema: &Value) -> Markup {
        self.opened(schema, 0)
    }

    fn opened(self, schema: &Value, depth: usize) -> Markup {
        let (found, _) = self.resolved(schema);
        let choices: Vec<&Value> = list(&found["oneOf"])
            .filter(|choice| choice["type"] != "null")
            .collect();
        if let [only] = choices.as_slice() {
            return self.opened(only, depth);
        }
        if !choices.is_empty() {
            return html! {
                p.choice { "One of these:" }
                @for choice in choices { div.one { (self.opened(choice, depth)) } }
            };
        }
        if found["type"] == "array" {
            return self.opened(&found["items"], depth);
        }
        let fields = self.fields(found);
        if fields.is_empty() || depth >= DEEPEST {
            return html! {};
        }
        html! {
            dl.fields {
                @for (name, field, required) in fields { (self.field(name, field, required, depth)) }
            }
        }
    }

    fn field(self, name: &str, field: &Value, required: bool, depth: usize) -> Markup {
        let (found, _) = self.resolved(field);
        let said = [
            &field["description"],
            &field["oneOf"][0]["description"],
            &found["description"],
        ];
        let description = said.into_iter().find_map(Value::as_str);
        html! {
            dt {
                code.name { (name) }
                " " span.kind { (self.kind(field)) }
                @if !required { " " span.optional { "may be left out" } }
                @let bounds = self.bounds(field);
                @if !bounds.is_empty() { " " span.bounds { (bounds) } }
            }
            dd {
                @if let Some(description) = description { p { (prose(description)) } }
                (self.opened(field, depth + 1))
            }
        }
    }

    /// What kind of value it is, in a few words.
    pub(super) fn kind(self, schema: &Value) -> String {
        let (found, name) = self.resolved(schema);
        let choices: Vec<String> = list(&found["oneOf"])
            .map(|choice| self.kind(choice))
            .collect();
        if !choices.is_empty() {
            return choices.join(" or ");
        }
        let kind = match &found["type"] {
            Value::Array(types) => types
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" or "),
            Value::String(kind) if kind == "array" => {
                format!("array of {}", self.kind(&found["items"]))
            }
            Value::String(kind) => kind.clone(),
            _ if found["allOf"].is_array() => "object".into(),
            _ => "any JSON".into(),
        };
        match name {
            Some(name) if kind == "object" => name.to_owned(),
            _ => kind,
        }
    }

    /// What limits the value.
    pub(super) fn bounds(self, schema: &Value) -> String {
        let (mut found, _) = self.resolved(schema);
        if let Some(choice) = list(&found["oneOf"]).find(|choice| choice["type"] != "null") {
            found = self.resolved(choice).0;
        }
        let mut said = Vec::new();
        let words: Vec<String> = list(&found["enum"]).map(Value::to_string).collect();
        if !words.is_empty() {
            said.push(words.join(", "));
        }
        if !found["const"].is_null() {
            said.push(format!("always {}", found["const"]));
        }
        for (least, most, what) in [
            ("minimum", "maximum", ""),
            ("minLength", "maxLength", " characters"),
        ] {
            match (found[least].as_i64(), found[most].as_i64()) {
                (Some(least), Some(most)) => said.push(format!("{least} to {most}{what}")),
                (Some(least), None) => said.push(format!("at least {least}{what}")),
                (None, Some(most)) => said.push(format!("at most {most}{what}")),
                (None, None) => {}
            }
        }
        if let Some(format) = found["format"]
            .as_str()
            .filter(|format| !format.starts_with("int"))
        {
            said.push(format.to_owned());
        }
        said.join("; ")
    }
}

/// Text with `code` in it; a document of ours is a link.
pub(super) fn prose(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if part.starts_with("/api/") && part.ends_with(".json") { a href=(part) { code { (part) } } }
            @else if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A value as it goes over the wire, laid out.
pub(super) fn sample(value: &Value) -> Markup {
    html! { pre tabindex="0" { code { (format!("{value:#}")) } } }
}

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_is_opened_where_it_stands_and_what_a_stranger_wrote_stays_text() {
        let schemas = json!({ "Inner": { "type": "object", "required": ["b"], "properties": { "b": { "type": "string", "maxLength": 3 } } } });
        let schema = json!({ "type": "object", "properties": {
            "a": { "$ref": "#/components/schemas/Inner", "description": "See `b`, <b>." }
        } });
        let shown = Schemas(&schemas).view(&schema).into_string();
        assert!(shown.contains("at most 3 characters"), "{shown}");
        assert!(shown.contains("See <code>b</code>, &lt;b&gt;."), "{shown}");
        assert!(shown.contains("may be left out"), "{shown}");
    }
}
