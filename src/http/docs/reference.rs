//! The page about both interfaces, for people: an index, every path and event with its fields, examples and answers, and the codes.
//!
//! It is made of the two documents alone, needs no script, and keeps to the server's own policy.

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::{
    schema_view::{Schemas, list, prose, sample},
    socket_view::Socket,
};
use crate::protocol::codes;

/// The page.
pub(super) fn page(openapi: &Value, asyncapi: &Value) -> Markup {
    let rest = Rest(openapi);
    let socket = Socket(asyncapi);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Belfry: REST and Socket.IO" }
                link rel="icon" href="/bell.svg" type="image/svg+xml";
                link rel="stylesheet" href="/api/docs.css";
            }
            body {
                a.skip href="#content" { "To the content" }
                header {
                    h1 { "Belfry" }
                    p {
                        "Version " (openapi["info"]["version"].as_str().unwrap_or_default()) ". For programs: "
                        a href="/api/openapi.json" { "OpenAPI 3.1" } " and " a href="/api/asyncapi.json" { "AsyncAPI 3" } "."
                    }
                }
                div.columns {
                    (index(rest, socket))
                    main #content {
                        section #start {
                            h2 { "How it goes" }
                            (paragraphs(asyncapi, openapi))
                        }
                        @for tag in list(&openapi["tags"]) {
                            @let name = tag["name"].as_str().unwrap_or_default();
                            section #{ "rest-" (name) } {
                                h2 { "REST: " (name) }
                                p { (prose(tag["description"].as_str().unwrap_or_default())) }
                                @for operation in rest.tagged(name) { (rest.operation(operation)) }
                            }
                        }
                        (socket.view())
                        (errors())
                    }
                }
            }
        }
    }
}

/// What both documents say of the whole, but for the codes, which have a section of their own.
fn paragraphs(asyncapi: &Value, openapi: &Value) -> Markup {
    let of = |document: &Value| {
        let text = document["info"]["description"].as_str().unwrap_or_default();
        let is_prose = |part: &&str| !part.starts_with("- ") && !part.trim_end().ends_with(':');
        text.split("\n\n")
            .filter(is_prose)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    html! {
        @for part in of(openapi).iter().chain(&of(asyncapi)) { p { (prose(part)) } }
        p { "A token is sent with REST as " code { "Authorization: Bearer …" } ", and with the handshake as " code { "auth: { token }" } ". Whatever fails has one of " a href="#errors" { "nine codes" } "." }
    }
}

fn index(rest: Rest<'_>, socket: Socket<'_>) -> Markup {
    html! {
        nav aria-label="Paths, events and codes" {
            ul {
                li { a href="#start" { "How it goes" } }
                @for tag in list(&rest.0["tags"]) {
                    @let name = tag["name"].as_str().unwrap_or_default();
                    li {
                        a href={ "#rest-" (name) } { "REST: " (name) }
                        ul {
                            @for operation in rest.tagged(name) {
                                li { a href={ "#" (operation.id()) } { span.method { (operation.method.to_uppercase()) } " " (operation.path) } }
                            }
                        }
                    }
                }
                li { a href="#handshake" { "Socket.IO: the handshake" } }
                @for (action, anchor, title) in [
                    ("receive", "#from-clients", "Socket.IO: what a client sends"),
                    ("send", "#from-the-server", "Socket.IO: what the server sends"),
                ] {
                    li {
                        a href=(anchor) { (title) }
                        ul { @for entry in socket.entries(action) { li { a href={ "#" (entry.anchor) } { (entry.name) } } } }
                    }
                }
                li { a href="#errors" { "Codes of failures" } }
            }
        }
    }
}

fn errors() -> Markup {
    html! {
        section #errors {
            h2 { "Codes of failures" }
            p {
                "The same over Socket.IO and REST, and stable. Over REST a failure is a problem (RFC 9457) whose " code { "type" } " leads here; over the socket it is "
                code { "{ ok: false, error: { code, message, retryAfterMs? } }" } "."
            }
            @for explained in codes::EXPLAINED {
                article #{ "error-" (explained.word) } {
                    h3 { a href={ "#error-" (explained.word) } { code { (explained.word) } } " " span.status { (explained.status) } }
                    p { strong { (explained.title) ". " } (prose(explained.means)) }
                    p { strong { "What to do: " } (prose(explained.remedy)) }
                }
            }
        }
    }
}

/// The OpenAPI document, to be read.
#[derive(Clone, Copy)]
struct Rest<'a>(&'a Value);

#[derive(Clone, Copy)]
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    said: &'a Value,
}

impl Operation<'_> {
    fn id(&self) -> &str {
        self.said["operationId"].as_str().unwrap_or_default()
    }
}

impl<'a> Rest<'a> {
    fn tagged(self, tag: &'a str) -> impl Iterator<Item = Operation<'a>> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let all = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, said)| Operation { method, path, said })
        });
        all.filter(move |operation| list(&operation.said["tags"]).any(|each| each == tag))
    }

    fn operation(self, operation: Operation<'_>) -> Markup {
        let Operation { method, path, said } = operation;
        let schemas = Schemas(&self.0["components"]["schemas"]);
        let body = &said["requestBody"]["content"]["application/json"];
        let parameters: Vec<&Value> = list(&said["parameters"]).collect();
        html! {
            article.operation #(operation.id()) {
                h3 { a href={ "#" (operation.id()) } { span.method { (method.to_uppercase()) } " " code { (path) } } }
                p { (prose(said["summary"].as_str().unwrap_or_default())) }
                @if let Some(more) = said["description"].as_str() { p { (prose(more)) } }
                p.who { (self.caller(said)) }
                @if !parameters.is_empty() {
                    h4 { "Parameters" }
                    dl.fields { @for parameter in parameters { (self.parameter(parameter)) } }
                }
                @if !body.is_null() {
                    h4 { "Body" }
                    div.sides { div { (schemas.view(&body["schema"])) } div { (sample(&body["example"])) } }
                }
                h4 { "Answers" }
                (self.answers(said))
            }
        }
    }

    fn caller(self, said: &Value) -> &'static str {
        let security = said.get("security").unwrap_or(&self.0["security"]);
        match &security[0] {
            Value::Null => "For anybody.",
            scheme if scheme.get("serverKey").is_some() => "With the server's key as bearer.",
            _ => "With a user's token as bearer.",
        }
    }

    fn parameter(self, parameter: &Value) -> Markup {
        let schemas = Schemas(&self.0["components"]["schemas"]);
        let bounds = schemas.bounds(&parameter["schema"]);
        html! {
            dt {
                code.name { (parameter["name"].as_str().unwrap_or_default()) }
                " " span.kind { (parameter["in"].as_str().unwrap_or_default()) ", " (schemas.kind(&parameter["schema"])) }
                @if parameter["required"] != true { " " span.optional { "may be left out" } }
                @if !bounds.is_empty() { " " span.bounds { (bounds) } }
            }
            dd { p { (prose(parameter["description"].as_str().unwrap_or_default())) } }
        }
    }

    fn answers(self, said: &Value) -> Markup {
        let schemas = Schemas(&self.0["components"]["schemas"]);
        let responses = said["responses"].as_object().into_iter().flatten();
        let (refusals, answers): (Vec<_>, Vec<_>) =
            responses.partition(|(_, response)| response.get("$ref").is_some());
        html! {
            @for (status, response) in answers {
                h5 { span.status { (status) } " " (prose(response["description"].as_str().unwrap_or_default())) }
                @for (kind, content) in response["content"].as_object().into_iter().flatten() {
                    @if kind != "application/json" { p { code { (kind) } } }
                    div.sides {
                        div { (schemas.view(&content["schema"])) }
                        @if !content["example"].is_null() { div { (sample(&content["example"])) } }
                    }
                }
            }
            @if !refusals.is_empty() {
                h5 { "Problems" }
                ul.refusals {
                    @for (status, response) in refusals {
                        @if let Some(explained) = status.parse().ok().and_then(codes::of_status) {
                            li {
                                span.status { (status) } " " a href={ "#error-" (explained.word) } { code { (explained.word) } }
                                @if let Some(why) = response["description"].as_str() { ": " (prose(why)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
