//! The OpenAPI document beyond what the handlers say: the refusals that all paths have in common, examples, and what schemas leave open.

use serde_json::{Map, Value, json};

use crate::protocol::{codes, examples, nulls};

/// The document of these paths, complete.
pub fn completed(description: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(description).unwrap_or(Value::Null);
    complete_schemas(&mut document["components"]["schemas"]);
    let examples = examples::rest();
    for (_, operation) in operations(&mut document) {
        complete_operation(operation, &examples);
    }
    let refusals = codes::EXPLAINED
        .iter()
        .map(|explained| (component(explained), refusal(explained)));
    let mut responses: Map<String, Value> = refusals.collect();
    responses.insert("MethodNotAllowed".into(), method_not_allowed());
    document["components"]["responses"] = Value::Object(responses);
    add_links(&mut document);
    document
}

/// Every operation with its method.
fn operations(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    paths
        .filter_map(|(_, path)| path.as_object_mut())
        .flat_map(|path| path.iter_mut())
}

/// What is absent from an answer is left out; null is for requests. And what no derivation can say.
fn complete_schemas(schemas: &mut Value) {
    let Some(schemas) = schemas.as_object_mut() else {
        return;
    };
    nulls::take_from_answers(schemas);
    if let Some(to) = schemas.get_mut("PublishTo") {
        let one = |name: &str, schema: Value, description: &str| json!({ "type": "object", "description": description, "required": [name], "properties": { name: schema } });
        *to = json!({
            "description": to["description"],
            "oneOf": [
                one("room", json!({ "$ref": "#/components/schemas/RoomId" }), "Who is live in this room."),
                one("user", json!({ "$ref": "#/components/schemas/UserId" }), "The sockets of this user."),
                one("all", json!({ "type": "boolean", "const": true }), "Every socket."),
            ]
        });
    }
}

fn complete_operation(operation: &mut Value, examples: &Map<String, Value>) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let none = Value::Null;
    let example = examples.get(id).unwrap_or(&none).clone();
    if operation["security"] == json!([{}]) {
        operation["security"] = json!([]);
    }
    add_refusals(operation);
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(value) = example["parameters"].get(name) {
            parameter["example"] = value.clone();
        }
    }
    if let Some(body) = example.get("body") {
        operation["requestBody"]["content"]["application/json"]["example"] = body.clone();
        operation["requestBody"]["required"] = true.into();
    }
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        if let Some(answer) = example["answers"].get(status) {
            response["content"]["application/json"]["example"] = answer.clone();
        }
        // Whatever a job has made: the file says what it is.
        if let Some(any) = response
            .get_mut("content")
            .and_then(|content| content.get_mut("*/*"))
        {
            any["schema"] = json!({});
        }
        let said = response["description"].as_str().unwrap_or_default();
        if said.is_empty() && response.get("$ref").is_none() {
            response["description"] = "Done.".into();
        }
    }
}

/// What an answer is good for next: the operation and status, what of its answer is taken, and the operations that take it, as what.
const LINKS: &[(&str, &str, &str, &str, &[&str])] = &[
    (
        "createRoom",
        "201",
        "/id",
        "id",
        &[
            "getRoom",
            "updateRoom",
            "listMembers",
            "addMember",
            "listMessages",
            "sendMessage",
            "getPresence",
            "deleteRoom",
        ],
    ),
    (
        "createJob",
        "202",
        "/id",
        "id",
        &["getJob", "cancelJob", "getJobResult", "getAnyJob"],
    ),
    ("enterAsGuest", "200", "/user/id", "id", &["getUser"]),
    (
        "addMember",
        "201",
        "/user/id",
        "userId",
        &["setRole", "removeMember"],
    ),
];

fn add_links(document: &mut Value) {
    for (_, operation) in operations(document) {
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        for (from, status, at, parameter, to) in LINKS {
            let response = operation
                .get_mut("responses")
                .and_then(|responses| responses.get_mut(*status));
            let Some(response) = response.filter(|_| id == *from) else {
                continue;
            };
            let taken = format!("$response.body#{at}");
            for next in *to {
                let mut parameters = json!({ *parameter: taken });
                if *parameter == "userId" {
                    parameters["id"] = "$request.path.id".into();
                }
                response["links"][*next] = json!({ "operationId": next, "parameters": parameters });
            }
        }
    }
}

/// The refusals that the handler names get their form; those that follow from what it takes are added.
fn add_refusals(operation: &mut Value) {
    let has_body = operation.get("requestBody").is_some();
    let takes = has_body || operation.get("parameters").is_some();
    // What is read from memory alone cannot be unavailable once the server has started, and needs no caller.
    let is_of_the_server = matches!(
        operation["tags"][0].as_str(),
        Some("operation" | "descriptions")
    );
    let is_public = operation["security"] == json!([]);
    let Some(responses) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let common = [
        (400, takes),
        (401, !is_public),
        (413, has_body),
        (500, !is_of_the_server),
        (503, !is_of_the_server),
    ];
    for (status, holds) in common {
        if holds {
            responses.entry(status.to_string()).or_insert(json!({}));
        }
    }
    for (status, response) in responses {
        let explained = status.parse().ok().and_then(codes::of_status);
        let Some(explained) = explained.filter(|_| response.get("content").is_none()) else {
            continue;
        };
        let mut refers =
            json!({ "$ref": format!("#/components/responses/{}", component(explained)) });
        if let Some(why) = response.get("description").filter(|why| *why != "") {
            refers["description"] = why.clone();
        }
        *response = refers;
    }
}

/// The name of a refusal among the components.
fn component(explained: &codes::Explained) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    };
    explained.word.split('_').map(capital).collect()
}

fn refusal(explained: &codes::Explained) -> Value {
    let mut response = problem(explained, explained.status);
    let mut headers = Map::new();
    let header = |description: &str, schema: Value, required: bool| json!({ "description": description, "required": required, "schema": schema });
    match explained.status {
        401 => {
            headers.insert(
                "WWW-Authenticate".into(),
                header(
                    "The scheme to use.",
                    json!({ "type": "string", "const": "Bearer" }),
                    true,
                ),
            );
        }
        429 | 503 => {
            let seconds = header(
                "Seconds: before then, trying again is of no use. Absent where nobody knows.",
                json!({ "type": "integer", "minimum": 1 }),
                false,
            );
            headers.insert("Retry-After".into(), seconds);
        }
        _ => {}
    }
    if !headers.is_empty() {
        response["headers"] = Value::Object(headers);
    }
    response
}

/// Of no operation, since it is what a path answers to a method that it has none for.
fn method_not_allowed() -> Value {
    let invalid = codes::explained(crate::domain::error::Code::InvalidArgument);
    let mut response = problem(invalid, 405);
    response["description"] =
        "The path does not take this method; `Allow` names those that it takes.".into();
    let schema = json!({ "description": "The methods that the path takes.", "required": true, "schema": { "type": "string" } });
    response["headers"] = json!({ "Allow": schema });
    response
}

fn problem(explained: &codes::Explained, status: u16) -> Value {
    let mut example = json!({
        "type": explained.address,
        "title": explained.title,
        "status": status,
        "detail": explained.means.split_inclusive(". ").next().unwrap_or_default().trim(),
        "code": explained.word,
    });
    if matches!(status, 429 | 503) {
        example["retryAfterMs"] = 1_000.into();
    }
    json!({
        "description": format!("{}.", explained.title),
        "content": { "application/problem+json": {
            "schema": { "allOf": [
                { "$ref": "#/components/schemas/ProblemDetails" },
                { "type": "object", "properties": { "code": { "const": explained.word }, "status": { "const": status } } },
            ] },
            "example": example,
        } },
    })
}
