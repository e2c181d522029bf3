//! `belfry-floor`: the least that a server has to do for a room, as a measure of what is left to gain.
//!
//! It takes the same clients as Belfry and writes the same bytes to each of them, but stores nothing, checks nothing and
//! bounds nothing. One thread a core; a message is encoded once, handed to each thread once, and everything that has come
//! together meanwhile goes to each client of that thread in one write.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use belfry_load::fleet::Failure;
use belfry_load::link::{HandshakeStream, Link, Side, text_frame};
use clap::Parser;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::LocalSet;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A bare server for the fan-out benchmark: no users, no store, no limits.
#[derive(Parser)]
struct Options {
    #[arg(long, env = "BIND_ADDR", default_value = "127.0.0.1:3000")]
    bind: SocketAddr,
    /// By default one for each core that it may use.
    #[arg(long)]
    threads: Option<usize>,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a bound would be a limit of the floor, and it has none"
)]
fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let threads = options
        .threads
        .unwrap_or(std::thread::available_parallelism()?.get());
    let (outboxes, inboxes): (Vec<_>, Vec<_>) =
        (0..threads).map(|_| mpsc::unbounded_channel()).unzip();
    let rooms = Arc::new(Rooms {
        last_seq: Mutex::default(),
        outboxes,
    });
    let mut connections = Vec::new();
    for inbox in inboxes {
        let (give, take) = mpsc::unbounded_channel();
        connections.push(give);
        let rooms = rooms.clone();
        std::thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            LocalSet::new().block_on(&runtime, serve(take, inbox, rooms));
            Ok::<_, std::io::Error>(())
        });
    }
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(options.bind).await?;
        eprintln!("belfry-floor listens on {}", listener.local_addr()?);
        for next in (0..threads).cycle() {
            let (tcp, _) = listener.accept().await?;
            connections[next]
                .send(tcp.into_std()?)
                .map_err(|_| "a thread of the server is gone")?;
        }
        Ok(())
    })
}

/// A message for the members of a room on one thread, as a whole websocket frame.
type Post = (Arc<str>, Arc<[u8]>);

struct Rooms {
    last_seq: Mutex<HashMap<String, u64>>,
    outboxes: Vec<UnboundedSender<Post>>,
}

/// The members of each room on one thread.
type Members = Rc<RefCell<HashMap<String, Vec<(usize, Link)>>>>;

async fn serve(
    mut connections: UnboundedReceiver<std::net::TcpStream>,
    inbox: UnboundedReceiver<Post>,
    rooms: Arc<Rooms>,
) {
    let members = Members::default();
    tokio::task::spawn_local(post(inbox, members.clone()));
    let mut id = 0;
    while let Some(tcp) = connections.recv().await {
        let (rooms, members) = (rooms.clone(), members.clone());
        id += 1;
        tokio::task::spawn_local(async move {
            // A client that breaks off is no news here; the load generator reports what it lost.
            let _ = attend(id, tcp, &rooms, &members).await;
            members
                .borrow_mut()
                .values_mut()
                .for_each(|links| links.retain(|(member, _)| *member != id));
        });
    }
}

/// Writes what has come together to everybody, again and again.
async fn post(mut inbox: UnboundedReceiver<Post>, members: Members) {
    let mut batch: Vec<Post> = Vec::new();
    let mut frames: HashMap<Arc<str>, Vec<u8>> = HashMap::new();
    while inbox.recv_many(&mut batch, 256).await > 0 {
        for (room, frame) in batch.drain(..) {
            frames.entry(room).or_default().extend_from_slice(&frame);
        }
        for (room, frames) in frames.drain() {
            for (_, link) in members.borrow().get(&*room).into_iter().flatten() {
                link.send_bytes(&frames);
            }
        }
        // Let the readers of this thread have their turn.
        tokio::task::yield_now().await;
    }
}

async fn attend(
    id: usize,
    tcp: std::net::TcpStream,
    rooms: &Rooms,
    members: &Members,
) -> Result<(), Failure> {
    let (link, stream) = Link::new(TcpStream::from_std(tcp)?, Side::Server)?;
    let mut frames = tokio_tungstenite::accept_async::<HandshakeStream>(stream).await?;
    let hello = json!({ "sid": id.to_string(), "upgrades": [], "pingInterval": 3_600_000, "pingTimeout": 20_000, "maxPayload": 100_000 });
    link.send_text(&format!("0{hello}"));
    while let Some(frame) = frames.next().await {
        let text = match frame {
            Ok(Message::Text(text)) => text,
            Ok(_) => continue,
            Err(Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if let Some(event) = text.strip_prefix("42") {
            take(event, id, &link, rooms, members)?;
        } else if text.starts_with("40") {
            link.send_text(&format!("40{}", json!({ "sid": id.to_string() })));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Send {
    room_id: String,
    content: String,
    client_id: Option<String>,
}

fn take(
    event: &str,
    id: usize,
    link: &Link,
    rooms: &Rooms,
    members: &Members,
) -> Result<(), Failure> {
    let digits = event.bytes().take_while(u8::is_ascii_digit).count();
    let (ack, json) = event.split_at(digits);
    let (name, argument): (String, serde_json::Value) = serde_json::from_str(json)?;
    match name.as_str() {
        "join:room" => {
            let room = argument
                .as_str()
                .ok_or("the floor takes join:room with an id only")?;
            // Good only while nobody sends: what is on its way to this thread already would come after the history.
            let last_seq = rooms
                .last_seq
                .lock()
                .map_err(|_| "a thread of the server is gone")?;
            let rev = last_seq.get(room).copied().unwrap_or(0);
            members
                .borrow_mut()
                .entry(room.to_owned())
                .or_default()
                .push((id, link.clone()));
            let history = json!({ "roomId": room, "rev": rev, "mode": "page", "messages": [], "hasMore": false });
            link.send_text(&format!("42{}", json!(["room:history", history])));
            let answer = json!({ "ok": true, "room": { "id": room }, "rev": rev, "online": [], "onlineCount": 0, "typing": [] });
            link.send_text(&format!("43{ack}{}", json!([answer])));
        }
        "message:send" => {
            let Send {
                room_id,
                content,
                client_id,
            } = serde_json::from_value(argument)?;
            let mut last_seq = rooms
                .last_seq
                .lock()
                .map_err(|_| "a thread of the server is gone")?;
            let seq = last_seq.entry(room_id.clone()).or_default();
            *seq += 1;
            let message = message(&room_id, *seq, id, &content, client_id);
            let frame: Arc<[u8]> =
                text_frame(&format!("42[\"message:new\",{message}]"), Side::Server).into();
            let room: Arc<str> = room_id.into();
            for outbox in &rooms.outboxes {
                outbox
                    .send((room.clone(), frame.clone()))
                    .map_err(|_| "a thread of the server is gone")?;
            }
            drop(last_seq);
            link.send_text(&format!("43{ack}[{{\"ok\":true,\"message\":{message}}}]"));
        }
        _ => link.send_text(&format!(
            "43{ack}{}",
            json!([{ "ok": false, "error": { "code": "invalid_argument" } }])
        )),
    }
    Ok(())
}

/// A message with every field that Belfry sends, so that the sizes are the same.
fn message(
    room: &str,
    seq: u64,
    sender: usize,
    content: &str,
    client_id: Option<String>,
) -> String {
    let millis = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| age.as_millis());
    let id = format!(
        "{:08x}-{:04x}-7000-8000-{:012x}",
        millis >> 16,
        millis & 0xffff,
        seq
    );
    json!({
        "id": id, "roomId": room, "seq": seq, "rev": seq, "userId": format!("bench-{sender}"),
        "username": format!("user{sender:05}"), "content": content, "type": "text",
        "timestamp": "2026-01-01T00:00:00.000Z", "clientId": client_id, "claps": { "total": 0 },
        "reactions": [], "mentions": [], "previews": [],
    })
    .to_string()
}
