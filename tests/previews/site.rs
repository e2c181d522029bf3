//! A web server that answers with the bytes that it is told, knows who came, and can be told apart from no server.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use belfry::adapters::pages::{Names, WebPages};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// What the server does with a request.
#[derive(Clone)]
pub enum Answer {
    /// Sends these bytes and hangs up.
    Bytes(Vec<u8>),
    /// Sends these bytes, and then these again and again until nobody takes them.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends these bytes, and then one byte of the others each 100 ms. From then on the test's clock stands still while anything is
    /// to be done, and leaps while nothing is.
    Drip(Vec<u8>, Vec<u8>),
}

/// A page with this title.
pub fn page(title: &str) -> Answer {
    html(&format!("<title>{title}</title>"))
}

/// An HTML page, said to be what it is.
pub fn html(body: &str) -> Answer {
    let length = body.len();
    answer(
        &format!("content-type: text/html\r\ncontent-length: {length}"),
        body,
    )
}

/// A page with these headers.
pub fn answer(headers: &str, body: impl AsRef<[u8]>) -> Answer {
    let mut bytes = format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    Answer::Bytes(bytes)
}

/// An answer that leads elsewhere.
pub fn redirect(place: &str) -> Answer {
    let head = format!("HTTP/1.1 302 Found\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
    Answer::Bytes(head.into_bytes())
}

type Answers = dyn Fn(&str) -> Answer + Send + Sync;

#[derive(Default)]
struct Seen {
    /// Who connected, and to which address of this machine.
    connections: Mutex<Vec<(SocketAddr, IpAddr)>>,
    /// Connections of the test's own: their ports.
    probes: Mutex<Vec<u16>>,
    /// The requests' heads.
    requests: Mutex<Vec<String>>,
    /// Bytes sent to those that have hung up.
    sent: Mutex<Vec<usize>>,
    news: Notify,
}

/// The server: on one port of all addresses of this machine, those that must not be asked among them.
pub struct Site {
    pub port: u16,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

impl Site {
    /// Opens one whose answer depends on the path of the request.
    pub async fn open(answers: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let everywhere = match TcpListener::bind("[::]:0").await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("0.0.0.0:0").await.unwrap(),
        };
        let port = everywhere.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let answers: Arc<Answers> = Arc::new(answers);
        let accepting = tokio::spawn(accept(everywhere, answers, seen.clone()));
        Self {
            port,
            seen,
            accepting,
        }
    }

    /// Opens one that has one answer.
    pub async fn with(answer: Answer) -> Self {
        Self::open(move |_| answer.clone()).await
    }

    /// Its address at 127.0.0.1.
    pub fn at(&self, path: &str) -> String {
        self.on("127.0.0.1", path)
    }

    /// Its address at another host.
    pub fn on(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.port)
    }

    /// The heads of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// To which addresses of this machine there were connections so far: all of them, since one more that is made now has come
    /// after them.
    pub async fn connections(&self) -> Vec<IpAddr> {
        let probe = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let probe = probe.local_addr().unwrap().port();
        self.seen.probes.lock().unwrap().push(probe);
        loop {
            let news = self.seen.news.notified();
            let connections = self.seen.connections.lock().unwrap().clone();
            if connections.iter().any(|(who, _)| who.port() == probe) {
                let probes = self.seen.probes.lock().unwrap();
                let others = connections
                    .iter()
                    .filter(|(who, _)| !probes.contains(&who.port()));
                return others.map(|(_, at)| *at).collect();
            }
            news.await;
        }
    }

    /// How many bytes the first of those who have hung up was sent, once there is one.
    pub async fn sent(&self) -> usize {
        loop {
            let news = self.seen.news.notified();
            if let Some(sent) = self.seen.sent.lock().unwrap().first() {
                return *sent;
            }
            news.await;
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, answers: Arc<Answers>, seen: Arc<Seen>) {
    let mut serving = tokio::task::JoinSet::new();
    while let Ok((stream, who)) = listener.accept().await {
        let at = stream.local_addr().unwrap().ip().to_canonical();
        seen.connections.lock().unwrap().push((who, at));
        seen.news.notify_waiters();
        serving.spawn(serve(stream, answers.clone(), seen.clone()));
    }
}

/// Ends with an error when the other side has hung up.
async fn serve(mut stream: TcpStream, answers: Arc<Answers>, seen: Arc<Seen>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    seen.requests.lock().unwrap().push(head);
    let mut sent = 0;
    let done = send(&mut stream, answers(&path), &mut sent).await;
    seen.sent.lock().unwrap().push(sent);
    seen.news.notify_waiters();
    done
}

async fn send(stream: &mut TcpStream, answer: Answer, sent: &mut usize) -> io::Result<()> {
    match answer {
        Answer::Bytes(bytes) => stream.write_all(&bytes).await?,
        Answer::Endless(head, again) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&again).await?;
                *sent += again.len();
            }
        }
        Answer::Drip(head, slow) => {
            stream.write_all(&head).await?;
            tokio::time::pause();
            for byte in slow {
                tokio::time::sleep(Duration::from_millis(100)).await;
                stream.write_u8(byte).await?;
            }
        }
    }
    stream.shutdown().await
}

/// Pages as an operator has them who has opened 127.0.0.1 and nothing else; no name is known.
pub fn pages() -> WebPages {
    pages_with(Book::default())
}

/// The same with these names.
pub fn pages_with(book: Book) -> WebPages {
    let opened = vec!["127.0.0.1/32".parse().unwrap()];
    WebPages::resolving_by(Arc::new(book), opened).unwrap()
}

/// Names and their addresses: those of the first look-up, the second, and so on; the last ones stay.
#[derive(Default, Clone)]
pub struct Book {
    answers: Vec<Vec<IpAddr>>,
    looked_up: Arc<Mutex<Vec<String>>>,
}

impl Book {
    /// Whatever the name, these addresses, look-up by look-up.
    pub fn answering(answers: &[&[&str]]) -> Self {
        let parsed = answers
            .iter()
            .map(|list| list.iter().map(|it| it.parse().unwrap()).collect());
        Self {
            answers: parsed.collect(),
            looked_up: Arc::default(),
        }
    }

    /// The names that were looked up so far.
    pub fn looked_up(&self) -> Vec<String> {
        self.looked_up.lock().unwrap().clone()
    }
}

#[async_trait]
impl Names for Book {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut looked_up = self.looked_up.lock().unwrap();
        let answer = self.answers.get(looked_up.len()).or(self.answers.last());
        looked_up.push(name.to_owned());
        answer.cloned().ok_or(io::ErrorKind::NotFound.into())
    }
}
