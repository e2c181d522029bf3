//! A visit's sockets: polling over new connections, and a websocket, by hand, so that each step can be judged.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{StatusCode, Upgraded};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{timeout, timeout_at},
};

use super::{
    cause, header,
    through::{Outside, Visit},
};
use crate::ports::checkup::Check;

const POLLING: &str = "socket.io/?EIO=4&transport=polling";
/// So many sessions are opened, and so many requests are sent in each: with two replicas and no stickiness, one in a million passes.
const SESSIONS: usize = 4;
const REQUESTS: usize = 5;
/// A server pings every 3 s, so no poll waits for longer.
const HELD_BACK: Duration = Duration::from_secs(6);
/// How long a websocket is kept open by the patient.
const PATIENCE: Duration = Duration::from_secs(75);

/// Polling: the handshake, whether a session's requests find its server, and whether answers are held back.
pub(super) async fn polling(outside: &Outside) -> Vec<Check> {
    let sessions = (0..SESSIONS).map(|_| session(outside));
    let mut slowest = Duration::ZERO;
    for ended in join_all(sessions).await {
        match ended {
            Ok(took) => slowest = slowest.max(took),
            Err(check) => return vec![check],
        }
    }
    let asked = SESSIONS * REQUESTS;
    vec![
        Check::ok(
            "polling sticks",
            format!("{asked} requests of {SESSIONS} sessions found their servers"),
        ),
        Check::ok(
            "polling flows",
            format!("the slowest answer took {} ms", slowest.as_millis()),
        ),
    ]
}

/// One session; how long its poll took.
async fn session(outside: &Outside) -> Result<Duration, Check> {
    let sid = open(outside).await.map_err(|why| {
        let remedy = "pass /socket.io/ on to the servers, with its query and all methods";
        Check::fail("polling", why, remedy)
    })?;
    let address = format!("{POLLING}&sid={sid}");
    for _ in 0..REQUESTS {
        // An answer to no ping: allowed, and of no effect.
        right(outside.post(&address, "3").await)?;
    }
    let asked = Instant::now();
    match timeout(HELD_BACK, outside.get(&address)).await {
        Ok(answer) => right(answer)?,
        Err(_) => {
            return Err(Check::fail(
                "polling flows",
                "an answer that was due was held back for 6 s",
                "turn buffering off for /socket.io/ (nginx: proxy_buffering off), and give it long timeouts",
            ));
        }
    }
    Ok(asked.elapsed())
}

fn right(answer: Result<(StatusCode, String), String>) -> Result<(), Check> {
    let why = match answer {
        Ok((StatusCode::OK, _)) => return Ok(()),
        Ok((_, said)) if said.contains("Session ID unknown") => {
            return Err(Check::fail(
                "polling sticks",
                "a request of a session came to a server that does not know it (Session ID unknown)",
                "send all requests of one client to one server, by its address (nginx: hash $remote_addr consistent) or by a cookie",
            ));
        }
        Ok((status, said)) => format!("a request of a session was answered {status} {said}"),
        Err(why) => why,
    };
    Err(Check::fail("polling", why, "look at the proxy's log"))
}

async fn open(outside: &Outside) -> Result<String, String> {
    let (status, said) = outside.get(POLLING).await?;
    let opened = said
        .strip_prefix('0')
        .and_then(|json| serde_json::from_str::<Value>(json).ok());
    let sid = opened.as_ref().and_then(|opened| opened["sid"].as_str());
    sid.map(str::to_owned)
        .ok_or_else(|| format!("the handshake was answered {status}, and not as Engine.IO does"))
}

/// The websocket: whether the upgrade gets through, and whether it stays.
pub(super) async fn websocket(outside: &Outside, visit: &Visit) -> Vec<Check> {
    let name = "websocket";
    let remedy = "pass the upgrade on (nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade and Connection \"upgrade\")";
    let answer = outside
        .upgrade("socket.io/?EIO=4&transport=websocket")
        .await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => return vec![Check::fail(name, why, remedy)],
    };
    if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let found = format!("the upgrade was answered {}, not 101", answer.status());
        let because = match header(&answer, "server") {
            Some(server) => format!("{found} (by {server})"),
            None => found,
        };
        let remedy = match answer.status() {
            StatusCode::FORBIDDEN => {
                "the server keeps pages of other origins out: have the proxy hand on Host with its port (nginx: proxy_set_header Host \
                 $http_host), and put other sites of yours into CORS_ORIGINS"
            }
            _ => remedy,
        };
        return vec![Check::fail(name, because, remedy)];
    }
    let mut line = match answer.upgrade().await {
        Ok(upgraded) => Line(upgraded),
        Err(error) => return vec![Check::fail(name, cause(&error), remedy)],
    };
    match timeout(HELD_BACK, line.text()).await {
        Ok(Ok(text)) if text.starts_with("0{") => {}
        Ok(Ok(_)) => {
            return vec![Check::fail(
                name,
                "the first packet is none of Engine.IO",
                remedy,
            )];
        }
        Ok(Err(why)) => return vec![Check::fail(name, why, remedy)],
        Err(_) => {
            return vec![Check::fail(
                name,
                "it opened, and nothing came over it for 6 s",
                "turn buffering off for /socket.io/",
            )];
        }
    }
    let mut checks = vec![Check::ok(name, "it opens, and the first packet comes")];
    let seconds = PATIENCE.as_secs();
    checks.push(match (visit.patient, &visit.token) {
        (false, _) => Check::skipped(
            "websocket stays",
            format!("not looked at: --patient keeps one open for {seconds} s"),
        ),
        (true, None) => Check::skipped(
            "websocket stays",
            "not looked at: it takes JWT_SECRET, the servers' own, to come in",
        ),
        (true, Some(token)) => stays(line, token).await,
    });
    checks
}

/// Answers pings, as a client does, for longer than the usual time limit of a proxy.
async fn stays(mut line: Line, token: &str) -> Check {
    let name = "websocket stays";
    let began = Instant::now();
    let until = tokio::time::Instant::now() + PATIENCE;
    let come_in = format!("40{}", serde_json::json!({ "token": token }));
    if let Err(error) = line.say(&come_in).await {
        return Check::skipped(name, format!("not looked at: {error}"));
    }
    loop {
        let wrong = match timeout_at(until, line.text()).await {
            Err(_) => {
                return Check::ok(name, format!("for {} s", PATIENCE.as_secs()));
            }
            Ok(Ok(text)) if text.starts_with('2') => match line.say("3").await {
                Ok(()) => continue,
                Err(error) => error.to_string(),
            },
            Ok(Ok(text)) if text.starts_with("44") => {
                let why = "not looked at: the server does not let belfry-doctor in; has it the same JWT_SECRET?";
                return Check::skipped(name, why);
            }
            Ok(Ok(_)) => continue,
            Ok(Err(why)) => why,
        };
        let seconds = began.elapsed().as_secs();
        return Check::warn(
            name,
            format!("it ended after {seconds} s: {wrong}"),
            "give sockets long timeouts in the proxy (nginx: proxy_read_timeout and proxy_send_timeout of an hour)",
        );
    }
}

/// A websocket's frames; only such as Engine.IO's first packets need.
struct Line(Upgraded);

impl Line {
    /// The next text.
    async fn text(&mut self) -> Result<String, String> {
        let ended = |error: std::io::Error| error.to_string();
        loop {
            let mut head = [0; 2];
            self.0.read_exact(&mut head).await.map_err(ended)?;
            let length = match head[1] & 0x7f {
                126 => {
                    let mut long = [0; 2];
                    self.0.read_exact(&mut long).await.map_err(ended)?;
                    usize::from(u16::from_be_bytes(long))
                }
                127 => return Err("a frame longer than any that was asked for".into()),
                short => usize::from(short),
            };
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).await.map_err(ended)?;
            match head[0] & 0x0f {
                1 => return Ok(String::from_utf8_lossy(&body).into_owned()),
                8 => return Err("it was closed from the other side".into()),
                _ => {}
            }
        }
    }

    /// A text of less than 64 kB.
    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        let mask: [u8; 4] = rand::random();
        let masked = text.bytes().zip(mask.iter().cycle());
        let mut frame = vec![0x81];
        match (u8::try_from(text.len()), u16::try_from(text.len())) {
            (Ok(short @ ..126), _) => frame.push(0x80 | short),
            (_, Ok(long)) => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
            _ => return Err(std::io::Error::other("a text of 64 kB or more")),
        }
        frame.extend(mask);
        frame.extend(masked.map(|(byte, mask)| byte ^ mask));
        self.0.write_all(&frame).await?;
        self.0.flush().await
    }
}
