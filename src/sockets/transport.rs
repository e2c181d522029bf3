//! TCP connections that can be cut from outside and tell how much they have taken.
//!
//! A client that stops reading blocks its writer for as long as TCP hopes; nothing above can end that. The handle that is made
//! when a connection is accepted can: every read and write under way fails at once, and the tasks above end by themselves.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::serve::Listener;
use futures_util::task::AtomicWaker;
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use super::crowd::Seat;
use crate::metrics::ConnectionFigures;

/// The second line against clients that have gone without a word: TCP itself gives up after so long without an acknowledgement.
const TCP_PATIENCE: Duration = Duration::from_secs(12);
/// How many bytes may wait in the kernel that it has not sent. What a client does not take waits in the process, where it is shared
/// with others, counted and bounded.
const UNSENT_BYTES: u32 = 256 * 1024;

/// After so long without a failure, connections count as accepted again.
const CALM: Duration = Duration::from_secs(1);

/// A handle on one accepted connection.
#[derive(Clone)]
pub struct Connection(Arc<Shared>);

struct Shared {
    peer: SocketAddr,
    cut: AtomicBool,
    written: AtomicU64,
    opened: Instant,
    /// Milliseconds after `opened`.
    heard: AtomicU64,
    given_up: AtomicBool,
    secure: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Shared {
    fn new(peer: SocketAddr) -> Self {
        Self {
            peer,
            cut: AtomicBool::new(false),
            written: AtomicU64::new(0),
            opened: Instant::now(),
            heard: AtomicU64::new(0),
            given_up: AtomicBool::new(false),
            secure: AtomicBool::new(false),
            reader: AtomicWaker::new(),
            writer: AtomicWaker::new(),
        }
    }

    fn note_heard(&self) {
        let at = self.opened.elapsed().as_millis() as u64;
        self.heard.store(at, Ordering::Relaxed);
    }

    fn note_error(&self, error: &io::Error) {
        if error.kind() == io::ErrorKind::TimedOut {
            self.given_up.store(true, Ordering::Relaxed);
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "connection from {}", self.0.peer)
    }
}

impl Connection {
    /// One that carries nothing.
    #[cfg(test)]
    pub fn unused() -> Self {
        Self(Arc::new(Shared::new(([127, 0, 0, 1], 0).into())))
    }

    /// Ends the connection now, whatever it is doing.
    pub fn cut(&self) {
        self.0.cut.store(true, Ordering::Release);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// Bytes that the connection has taken so far.
    pub fn written(&self) -> u64 {
        self.0.written.load(Ordering::Relaxed)
    }

    /// When anything last came from the other end; at first, when the connection was accepted.
    pub fn heard(&self) -> Instant {
        self.0.opened + Duration::from_millis(self.0.heard.load(Ordering::Relaxed))
    }

    /// Whether TCP has ended the connection because the other end acknowledged nothing for 12 s.
    pub fn was_given_up(&self) -> bool {
        self.0.given_up.load(Ordering::Relaxed)
    }

    /// Whether both are the same connection.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// TLS is spoken over it from now on.
    pub fn note_secure(&self) {
        self.0.secure.store(true, Ordering::Relaxed);
    }

    /// Whether TLS is spoken over it.
    pub fn is_secure(&self) -> bool {
        self.0.secure.load(Ordering::Relaxed)
    }

    /// The other end.
    pub fn peer(&self) -> SocketAddr {
        self.0.peer
    }
}

/// Accepts connections that can be cut.
pub struct CuttableListener {
    listener: TcpListener,
    figures: ConnectionFigures,
    /// Since when some could not be accepted, and when that was last so: it is said once, and not for each.
    failing: Option<(Instant, Instant)>,
}

impl CuttableListener {
    /// Accepts from `listener`.
    pub fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            figures: ConnectionFigures::default(),
            failing: None,
        }
    }

    /// What it accepts is counted there.
    pub fn counted(self, figures: ConnectionFigures) -> Self {
        Self { figures, ..self }
    }
}

impl Listener for CuttableListener {
    type Io = CuttableStream;
    type Addr = Connection;

    async fn accept(&mut self) -> (CuttableStream, Connection) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    if let Some((since, last)) = self.failing
                        && last.elapsed() > CALM
                    {
                        self.failing = None;
                        let seconds = since.elapsed().as_secs_f64();
                        tracing::info!("connections are accepted again after {seconds:.1} s");
                    }
                    prepare(&stream);
                    let connection = Connection(Arc::new(Shared::new(peer)));
                    return (
                        CuttableStream {
                            stream,
                            connection: connection.clone(),
                            seat: Seat::default(),
                            _open: Open::begin(&self.figures),
                        },
                        connection,
                    );
                }
                Err(error) => {
                    // Out of descriptors, most likely: accepting at once again would spin, and a line each time would fill the log.
                    let now = Instant::now();
                    if self.failing.is_none() {
                        tracing::error!(%error, "connections cannot be accepted; trying ten times a second");
                    }
                    let since = self.failing.map_or(now, |(since, _)| since);
                    self.failing = Some((since, now));
                    self.figures.failed.inc();
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Connection> {
        let peer = self.listener.local_addr()?;
        Ok(Connection(Arc::new(Shared::new(peer))))
    }
}

fn prepare(stream: &TcpStream) {
    let socket = socket2::SockRef::from(stream);
    let set = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let set = set
        .and_then(|()| socket.set_tcp_user_timeout(Some(TCP_PATIENCE)))
        .and_then(|()| socket.set_tcp_notsent_lowat(UNSENT_BYTES));
    let keepalive = socket2::TcpKeepalive::new().with_time(Duration::from_secs(60));
    if let Err(error) = set.and_then(|()| socket.set_tcp_keepalive(&keepalive)) {
        tracing::debug!(%error, "a connection keeps its defaults");
    }
}

/// A connection that its [`Connection`] can cut.
pub struct CuttableStream {
    stream: TcpStream,
    connection: Connection,
    /// Given back when the connection ends, whoever has it by then.
    seat: Seat,
    _open: Open,
}

/// One that is open, in the figures.
struct Open(Gauge);

impl Open {
    fn begin(figures: &ConnectionFigures) -> Self {
        figures.accepted.inc();
        figures.open.inc();
        Self(figures.open.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl CuttableStream {
    /// Holds this seat among its address's connections until it ends.
    pub fn hold(&mut self, seat: Seat) {
        self.seat = seat;
    }

    fn is_cut(&self) -> bool {
        self.connection.0.cut.load(Ordering::Acquire)
    }

    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let shared = &self.connection.0;
        match &written {
            Poll::Ready(Ok(bytes)) => {
                shared.written.fetch_add(*bytes as u64, Ordering::Relaxed);
            }
            Poll::Ready(Err(error)) => shared.note_error(error),
            Poll::Pending => {}
        }
        written
    }
}

fn cut_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut by the server")
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.connection.0.reader.register(cx.waker());
        if self.is_cut() {
            return Poll::Ready(Err(cut_error()));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        match &read {
            Poll::Ready(Ok(())) => self.connection.0.note_heard(),
            Poll::Ready(Err(error)) => self.connection.0.note_error(error),
            Poll::Pending => {}
        }
        read
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.0.writer.register(cx.waker());
        if self.is_cut() {
            return Poll::Ready(Err(cut_error()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.connection.0.writer.register(cx.waker());
        if self.is_cut() {
            return Poll::Ready(Err(cut_error()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
