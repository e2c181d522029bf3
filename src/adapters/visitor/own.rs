//! Who listens where this machine's own server is to listen: Belfry, somebody else, or nobody.

use std::net::SocketAddr;

use reqwest::{Response, Url};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

use super::{OWN, get, own_address};
use crate::ports::checkup::Check;

/// The most bytes of an answer that are read; Belfry's have fewer.
const ANSWER_MAX: usize = 4 * 1024;

/// Looks who listens at the address, and says nothing of what somebody else answers.
pub async fn own_server(bound: SocketAddr, with_tls: bool) -> Check {
    let name = "server";
    let base = own_address(bound, with_tls);
    let none = |why: &dyn std::fmt::Display| {
        Check::skipped(name, format!("none on this machine: {base}: {why}"))
    };
    let Ok(url) = Url::parse(&base).and_then(|base| base.join("/ready")) else {
        return none(&"it is no address");
    };
    let at = url.socket_addrs(|| None).unwrap_or_default();
    match timeout(OWN, TcpStream::connect(&*at)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return none(&error),
        Err(_) => return none(&"no answer within 2 s"),
    }
    let taken = || {
        Check::fail(
            name,
            format!("BIND_ADDR is taken by something that is not Belfry: {base}"),
            "end that program, or set BIND_ADDR to another port; a Belfry with https where the settings say http looks so too",
        )
    };
    let answer = match timeout(OWN, get(&url)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => return taken(),
        Err(_) => {
            return Check::fail(
                name,
                format!("{base} is listened on, and nothing is answered within 2 s"),
                "look at that server's log; if it is none of Belfry's, end it, or set BIND_ADDR to another port",
            );
        }
    };
    let is_well = answer.status().is_success();
    let said = said(answer).await;
    match (
        is_well,
        said["degraded"].is_array(),
        said["reason"].as_str(),
    ) {
        (true, true, _) => Check::ok(name, format!("{base} takes people in")),
        (false, _, Some(why)) if said["status"] == "unavailable" => Check::warn(
            name,
            format!("{base} takes nobody in: {why}"),
            "wait until it has started, or look at its log",
        ),
        _ => taken(),
    }
}

/// What an answer says, if that is JSON of a size that ours have; else null.
pub(super) async fn said(mut answer: Response) -> Value {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_MAX {
            return Value::Null;
        }
    }
    serde_json::from_slice(&bytes).unwrap_or_default()
}
