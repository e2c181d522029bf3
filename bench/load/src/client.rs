//! One Socket.IO client: connects, answers pings, hands on events and acknowledgements.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::fleet::Failure;
use crate::link::{HandshakeStream, Link, Side};
use crate::packet::{self, Packet};

const CONNECT_LIMIT: Duration = Duration::from_secs(60);
const REQUEST_LIMIT: Duration = Duration::from_secs(120);

/// Receives what a client's server sends, on the client's own thread.
pub trait Receiver {
    fn event(&self, name: &str, rest: &str);
    /// An acknowledgement of something sent with [`Client::emit`].
    fn ack(&self, id: u64, args: &str);
}

/// A connected client.
pub struct Client {
    link: Link,
    next_ack: Cell<u64>,
    waiting: RefCell<HashMap<u64, oneshot::Sender<Value>>>,
    closed: Cell<bool>,
}

/// A client that is connected but does not read yet; see [`Connected::listen`].
pub struct Connected {
    client: Rc<Client>,
    frames: WebSocketStream<HandshakeStream>,
}

/// Opens a websocket to `url` (`http://host:port`) and connects to the default namespace with `token`.
pub async fn connect(url: &str, token: &str) -> Result<Connected, Failure> {
    let shake = timeout(CONNECT_LIMIT, shake_hands(url, token)).await;
    shake.map_err(|_| "the server did not answer the handshake within 60 s")?
}

async fn shake_hands(url: &str, token: &str) -> Result<Connected, Failure> {
    let host = url
        .strip_prefix("http://")
        .ok_or("a server's URL starts with http://")?
        .trim_end_matches('/');
    let (link, stream) = Link::new(TcpStream::connect(host).await?, Side::Client)?;
    // tungstenite zeroes the whole buffer before each read: a larger one costs more than it saves.
    let config = WebSocketConfig::default().read_buffer_size(4 * 1024);
    let request = format!("ws://{host}/socket.io/?EIO=4&transport=websocket");
    let (mut frames, _) =
        tokio_tungstenite::client_async_with_config(request, stream, Some(config)).await?;
    while let Some(frame) = frames.next().await {
        let Message::Text(text) = frame? else {
            continue;
        };
        match packet::read(&text) {
            Packet::Open => link.send_text(&format!("40{}", json!({ "token": token }))),
            Packet::Ping => link.send_text("3"),
            Packet::Connected => {
                let client = Client {
                    link,
                    next_ack: Cell::new(0),
                    waiting: RefCell::default(),
                    closed: Cell::new(false),
                };
                return Ok(Connected {
                    client: Rc::new(client),
                    frames,
                });
            }
            Packet::Refused(why) => {
                return Err(format!("the server refused the connection: {why}").into());
            }
            _ => {}
        }
    }
    Err("the server closed the connection during the handshake".into())
}

impl Connected {
    pub fn client(&self) -> Rc<Client> {
        self.client.clone()
    }

    /// Starts to read, and hands everything to `receiver` until the connection ends; so does the returned task then.
    ///
    /// Aborting the task after [`Client::end_abruptly`] cuts the connection as a failing network does.
    pub fn listen(self, receiver: Rc<impl Receiver + 'static>) -> JoinHandle<()> {
        let Connected { client, mut frames } = self;
        tokio::task::spawn_local(async move {
            while let Some(Ok(frame)) = frames.next().await {
                let Message::Text(text) = frame else { continue };
                match packet::read(&text) {
                    Packet::Event { name, rest } => receiver.event(name, rest),
                    Packet::Ack { id, args } => client.hand_on(id, args, &*receiver),
                    Packet::Ping => client.link.send_text("3"),
                    Packet::Goodbye => break,
                    _ => {}
                }
            }
            client.closed.set(true);
            client.waiting.borrow_mut().clear();
            // A close frame is polite; a peer that is gone already does not mind.
            let _ = frames.close(None).await;
        })
    }
}

impl Client {
    /// Whether the server has ended the connection.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Says goodbye; the server then ends the connection.
    pub fn close(&self) {
        self.link.send_text("1");
    }

    /// Has the connection end with a reset when the last of its holders lets go of it.
    pub fn end_abruptly(&self) {
        // It fails on a connection that is gone, which is what is wanted.
        let _ = self.link.end_abruptly();
    }

    /// Sends an event whose acknowledgement comes to [`Receiver::ack`] with the returned id. `args` is JSON, comma-separated.
    pub fn emit(&self, event: &str, args: &str) -> u64 {
        let id = self.next_ack.replace(self.next_ack.get() + 1);
        self.link.send_text(&format!("42{id}[\"{event}\",{args}]"));
        id
    }

    /// Sends an event and waits for its acknowledgement, which must say `ok`.
    pub async fn request(&self, event: &str, args: &str) -> Result<Value, Failure> {
        let (give, take) = oneshot::channel();
        self.waiting.borrow_mut().insert(self.next_ack.get(), give);
        self.emit(event, args);
        let answer = timeout(REQUEST_LIMIT, take).await;
        let answer = answer.map_err(|_| format!("no acknowledgement of {event} within 120 s"))?;
        let answer =
            answer.map_err(|_| format!("the connection ended before {event} was acknowledged"))?;
        match answer["ok"].as_bool() {
            Some(true) => Ok(answer),
            _ => Err(format!("{event} was refused: {answer}").into()),
        }
    }

    fn hand_on(&self, id: u64, args: &str, receiver: &impl Receiver) {
        let waiting = if self.waiting.borrow().is_empty() {
            None
        } else {
            self.waiting.borrow_mut().remove(&id)
        };
        match waiting {
            None => receiver.ack(id, args),
            Some(give) => {
                let answer = serde_json::from_str::<Vec<Value>>(args)
                    .ok()
                    .and_then(|mut args| args.pop());
                // Nobody waits any longer only when the time limit has passed, and that has been reported.
                let _ = give.send(answer.unwrap_or(Value::Null));
            }
        }
    }
}
