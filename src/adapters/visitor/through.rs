//! What is between the world and the servers: each thing that a proxy can do wrong, tried.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use serde_json::Value;

use super::{
    address, cause, header, is_own, own,
    seen::{FORGED, beside_the_proxy, is_for_the_world, judge},
    socket,
};
use crate::{adapters::tls, ports::checkup::Check};

/// How long any one answer may take; polls have less.
const LIMIT: Duration = Duration::from_secs(10);
/// The most bytes of an answer that are read.
const ANSWER_MAX: usize = 64 * 1024;

/// How to visit.
pub struct Visit {
    /// Where people come in.
    pub base: String,
    /// The origin of a page elsewhere that is to be let in.
    pub origin: Option<String>,
    /// Keep a websocket open for longer than proxies usually do.
    pub patient: bool,
    /// A token to come in with, where a websocket is to be kept open: without one the server ends it.
    pub token: Option<String>,
    /// Whether the servers are to take this one's word on a client's address.
    pub trusts: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// What proves us to the server, for what it sees of a visitor.
    pub server_key: Option<String>,
}

/// Requests to the outside of an installation, each over a connection of its own.
pub(super) struct Outside {
    client: Client,
    base: Url,
    origin: Option<String>,
}

/// Visits an installation from outside, and tells what became of it.
pub async fn through(visit: &Visit) -> Vec<Check> {
    let outside = match Outside::of(visit) {
        Ok(outside) => outside,
        Err(why) => {
            return vec![Check::fail(
                "through",
                why,
                "name the address that people open, as https://chat.example.org",
            )];
        }
    };
    let (reached, answer) = outside.reached().await;
    let mut checks = vec![reached];
    let Some(answer) = answer else {
        return checks;
    };
    checks.extend(outside.headers(&answer));
    checks.push(outside.ready().await);
    let sockets = futures_util::join!(
        socket::polling(&outside),
        socket::websocket(&outside, visit)
    );
    checks.extend(sockets.0);
    checks.extend(sockets.1);
    if let Some(origin) = &visit.origin {
        checks.push(outside.cors(origin).await);
    }
    checks.push(outside.metrics().await);
    checks.push(outside.seen(visit).await);
    checks
}

impl Outside {
    fn of(visit: &Visit) -> Result<Self, String> {
        let mut base = address(&visit.base)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let config = match is_own(&base) {
            true => own().map_err(|error| error.to_string())?,
            false => {
                let (config, wrong) =
                    tls::trusting_the_system().map_err(|error| error.to_string())?;
                if let Some(wrong) = wrong {
                    return Err(format!("this machine trusts no certificates: {wrong}"));
                }
                config
            }
        };
        let client = Client::builder()
            .tls_backend_preconfigured(config)
            .redirect(redirect::Policy::none())
            .connect_timeout(LIMIT)
            // A connection of its own for each request: replicas take turns.
            .pool_max_idle_per_host(0)
            .http1_only()
            .user_agent(concat!("belfry-doctor/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| cause(&error))?;
        Ok(Self {
            client,
            base,
            origin: visit.origin.clone(),
        })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, String> {
        let url = self.base.join(path).map_err(|error| error.to_string())?;
        let request = self.client.request(method, url);
        Ok(match &self.origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        })
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, String), String> {
        let asked = request.timeout(LIMIT).send().await;
        let mut answer = asked.map_err(|error| cause(&error))?;
        let status = answer.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| cause(&error))? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_MAX {
                break;
            }
        }
        Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
    }

    pub(super) async fn get(&self, path: &str) -> Result<(StatusCode, String), String> {
        self.answer(self.request(Method::GET, path)?).await
    }

    pub(super) async fn post(
        &self,
        path: &str,
        body: &'static str,
    ) -> Result<(StatusCode, String), String> {
        self.answer(self.request(Method::POST, path)?.body(body))
            .await
    }

    /// Asks for a websocket. The key is the one of RFC 6455: nothing depends on its chance here.
    ///
    /// As a browser does it: with where its page comes from, which is here unless another origin was named.
    pub(super) async fn upgrade(&self, path: &str) -> Result<Response, String> {
        let request = self.request(Method::GET, path)?;
        let request = match self.origin {
            Some(_) => request,
            None => request.header("origin", self.base.origin().ascii_serialization()),
        };
        let request = request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let asked = tokio::time::timeout(LIMIT, request.send()).await;
        let asked = asked.map_err(|_| "the upgrade was not answered within 10 s".to_owned())?;
        asked.map_err(|error| cause(&error))
    }

    async fn reached(&self) -> (Check, Option<Response>) {
        let name = "reached";
        let request = match self.request(Method::GET, "health") {
            Ok(request) => request,
            Err(why) => return (Check::fail(name, why, "name another address"), None),
        };
        let remedy = "is the name right, does the proxy run, and do the servers? `belfry health` asks one directly";
        match request.timeout(LIMIT).send().await {
            Ok(answer) if answer.status().is_success() => {
                (Check::ok(name, self.said_of_the_way()), Some(answer))
            }
            Ok(answer) => {
                let status = answer.status();
                let found = match header(&answer, "location") {
                    Some(place) => format!("{}health leads to {place} ({status})", self.base),
                    None => format!("{}health answers {status}", self.base),
                };
                (Check::fail(name, found, remedy), None)
            }
            Err(error) => {
                let found = format!("{} is not reached: {}", self.base, cause(&error));
                (Check::fail(name, found, remedy), None)
            }
        }
    }

    fn said_of_the_way(&self) -> String {
        match self.base.scheme() == "https" && is_own(&self.base) {
            true => format!(
                "{} answers; this being the machine's own address, the certificate was not checked",
                self.base
            ),
            false => format!("{} answers", self.base),
        }
    }

    async fn ready(&self) -> Check {
        let name = "ready";
        match self.get("ready").await {
            Ok((StatusCode::OK, said)) => {
                let said = serde_json::from_str::<Value>(&said).unwrap_or_default();
                match said["degraded"]
                    .as_array()
                    .filter(|parts| !parts.is_empty())
                {
                    None => Check::ok(name, "a server takes people in"),
                    Some(parts) => Check::warn(
                        name,
                        format!("a server does without {}", Value::from(parts.clone())),
                        "run `belfry doctor` on that server's machine",
                    ),
                }
            }
            Ok((status, said)) => Check::fail(
                name,
                format!("/ready answers {status} {said}").trim().to_owned(),
                "run `belfry doctor` on that server's machine",
            ),
            Err(why) => Check::fail(name, why, "look at the proxy's log"),
        }
    }

    fn headers(&self, answer: &Response) -> Vec<Check> {
        let mut checks = Vec::new();
        let missing: Vec<&str> = ["content-security-policy", "x-content-type-options"]
            .into_iter()
            .filter(|name| header(answer, name).is_none())
            .collect();
        checks.push(match missing.is_empty() {
            true => Check::ok("headers", "they come as the server sends them"),
            false => Check::warn(
                "headers",
                format!("{} did not come through", missing.join(" and ")),
                "have the proxy leave the servers' headers alone",
            ),
        });
        let secure = self.base.scheme() == "https";
        checks.push(
            match (secure, header(answer, "strict-transport-security")) {
                (true, Some(told)) => Check::ok(
                    "https",
                    format!("browsers are told to insist on it: {told}"),
                ),
                (true, None) => Check::warn(
                    "https",
                    "browsers are not told to insist on it",
                    "set HSTS_SECONDS=31536000 once all is well over https",
                ),
                (false, _) if is_own(&self.base) => {
                    Check::skipped("https", "this machine's own address")
                }
                (false, _) => Check::fail(
                    "https",
                    "people come over plain http: passwords and messages can be read on the way",
                    "have the proxy serve https, or set TLS_CERT and TLS_KEY",
                ),
            },
        );
        checks
    }

    async fn cors(&self, origin: &str) -> Check {
        let name = "origin";
        let asked = self.request(Method::OPTIONS, "api/rooms").map(|request| {
            request
                .header("access-control-request-method", "GET")
                .header("access-control-request-headers", "authorization")
                .timeout(LIMIT)
        });
        let answer = match asked {
            Ok(request) => request.send().await.map_err(|error| cause(&error)),
            Err(why) => Err(why),
        };
        let remedy = "put it into CORS_ORIGINS on every server, and have the proxy leave OPTIONS and its answer alone";
        match answer {
            Ok(answer) => match header(&answer, "access-control-allow-origin") {
                Some(let_in) if let_in == origin || let_in == "*" => {
                    Check::ok(name, format!("pages of {origin} may call"))
                }
                _ => Check::fail(name, format!("pages of {origin} may not call"), remedy),
            },
            Err(why) => Check::fail(name, why, remedy),
        }
    }

    async fn metrics(&self) -> Check {
        let name = "metrics";
        match self.get("metrics").await {
            Ok((StatusCode::OK, said)) if said.contains("# EOF") || said.contains("# TYPE") => {
                Check::warn(
                    name,
                    "/metrics can be read from outside",
                    "set METRICS_ADDR, or have the proxy refuse /metrics",
                )
            }
            _ => Check::ok(name, "/metrics cannot be read from outside"),
        }
    }

    /// What the server sees of us, if it is told who asks: the key goes only where nobody can read it on the way.
    async fn seen(&self, visit: &Visit) -> Check {
        let name = "client address";
        let Some(key) = &visit.server_key else {
            return Check::skipped(
                name,
                "not looked at: it takes SERVER_API_KEY, the servers' own",
            );
        };
        if self.base.scheme() != "https" && !is_own(&self.base) {
            return Check::skipped(
                name,
                "not looked at: SERVER_API_KEY is not sent over plain http",
            );
        }
        let asked = self
            .request(Method::GET, "api/admin/visitor")
            .map(|request| request.bearer_auth(key).header("x-forwarded-for", FORGED));
        let answer = match asked {
            Ok(request) => self.answer(request).await,
            Err(why) => Err(why),
        };
        let said = match answer {
            Ok((StatusCode::OK, said)) => serde_json::from_str(&said).unwrap_or_default(),
            Ok((status, _)) => {
                return Check::skipped(
                    name,
                    format!(
                        "not looked at: the server answers {status}; has it the same SERVER_API_KEY?"
                    ),
                );
            }
            Err(why) => return Check::skipped(name, format!("not looked at: {why}")),
        };
        beside_the_proxy(&said, &visit.trusts)
            .unwrap_or_else(|| judge(&said, is_for_the_world(&self.base)))
    }
}
