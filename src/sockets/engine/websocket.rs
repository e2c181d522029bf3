//! A session's websocket: one task that reads frames and writes what is queued.
//!
//! What goes out are whole frames that all receivers share; many of them leave in one call. What tungstenite wants to say by
//! itself (pongs, the echo of a close) goes between them.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice, Read, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use engineioxide_core::{Str, TransportType};
use futures_util::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};
use tungstenite::{
    Message,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};

use super::{DisconnectReason, Handler, Session, Settings};
use crate::{protocol::frame::framed, sockets::transport::Connection};

/// Pieces that leave in one call.
const AT_ONCE: usize = 32;
/// Messages that are taken before it is the turn of those that go out.
const READS: usize = 32;

/// A session that begins as a websocket.
pub(super) async fn open<H: Handler, S>(session: Arc<Session<H>>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut wire = Wire::new(stream, &session.engine.settings);
    wire.say(
        &session
            .engine
            .open_packet(session.id, TransportType::Websocket),
    );
    run(session, wire).await;
}

/// A session that has been polling goes over to a websocket; where that does not come about, it goes on polling.
pub(super) async fn take_over<H: Handler, S>(
    session: Arc<Session<H>>,
    stream: S,
    connection: Option<Connection>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limit = session.engine.settings.upgrade_timeout;
    let mut wire = Wire::new(stream, &session.engine.settings);
    let moved = tokio::select! {
        moved = timeout(limit, probe(&session, &mut wire)) => moved.unwrap_or(false),
        () = session.closed() => false,
    };
    if moved {
        let handler = session.engine.handler.clone();
        handler.on_upgrade(&session, connection);
        Box::pin(run(session, wire)).await;
    }
}

/// The client tries the websocket, lets its last poll end, and then says that it has moved.
async fn probe<H: Handler, S>(session: &Arc<Session<H>>, wire: &mut Wire<S>) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if !wire.hears("2probe").await {
        return false;
    }
    let Some(upgrade) = session.begin_upgrade() else {
        return false;
    };
    wire.say("3probe");
    let answered = poll_fn(|cx| wire.poll_write(cx)).await.is_ok();
    if !answered || !wire.hears("5").await {
        return false;
    }
    session.no_poll().await;
    upgrade.end()
}

/// Carries packets until one side closes; then tells the handler.
async fn run<H: Handler, S>(session: Arc<Session<H>>, mut wire: Wire<S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let ending = Ending(session.clone());
    let reason = poll_fn(|cx| {
        session.writer.register(cx.waker());
        carry(&session, &mut wire, cx)
    });
    match reason.await {
        Some(reason) => {
            session.close(reason);
            // After an error there is nothing to answer, and tungstenite must not be asked again.
            if reason == DisconnectReason::TransportClose {
                let _ = poll_fn(|cx| wire.poll_echo(cx)).now_or_never();
            }
        }
        None => {
            let limit = session.engine.settings.closing_timeout;
            // Who does not take it in time would not later either.
            let _ = timeout(limit, poll_fn(|cx| wire.poll_goodbye(&session, cx))).await;
        }
    }
    drop(wire);
    drop(ending);
}

/// Whatever ends the task, the handler is told.
struct Ending<H: Handler>(Arc<Session<H>>);

impl<H: Handler> Drop for Ending<H> {
    fn drop(&mut self) {
        self.0.close(DisconnectReason::TransportError);
        self.0.tell_end();
    }
}

/// Ready with the reason when the other side has ended it, with none when we have.
fn carry<H: Handler, S>(
    session: &Arc<Session<H>>,
    wire: &mut Wire<S>,
    cx: &mut Context<'_>,
) -> Poll<Option<DisconnectReason>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let mut more = true;
        for _ in 0..READS {
            // What the client makes us answer goes out before more of it is read: who does not take answers is not listened to.
            if wire.owes_answer() {
                break;
            }
            match wire.poll_message(cx) {
                Poll::Ready(message) => {
                    if let Some(reason) = take(session, message) {
                        return Poll::Ready(Some(reason));
                    }
                }
                Poll::Pending => {
                    more = false;
                    break;
                }
            }
        }
        loop {
            match wire.poll_write(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(Some(DisconnectReason::TransportError)),
                Poll::Pending => {
                    if session.is_closed() {
                        return Poll::Ready(None);
                    }
                    break;
                }
            }
            if session.swap_queue(&mut wire.queue) {
                return Poll::Ready(None);
            }
            if wire.queue.is_empty() {
                break;
            }
        }
        if !more || wire.owes_answer() {
            return Poll::Pending;
        }
    }
}

/// One message from the client; the reason if it was the last.
fn take<H: Handler>(
    session: &Arc<Session<H>>,
    message: tungstenite::Result<Message>,
) -> Option<DisconnectReason> {
    let handler = &session.engine.handler;
    match message {
        Ok(Message::Text(text)) => {
            let text = text.as_str();
            match text.as_bytes().first() {
                Some(b'4') => {
                    handler.on_message(Str::copy_from_slice(&text[1..]), session.clone());
                    None
                }
                Some(b'2' | b'3') => {
                    session.is_alive();
                    None
                }
                Some(b'1') => Some(DisconnectReason::TransportClose),
                _ => Some(DisconnectReason::PacketParsingError),
            }
        }
        Ok(Message::Binary(data)) => {
            handler.on_binary(data, session.clone());
            None
        }
        Ok(Message::Close(_)) => Some(DisconnectReason::TransportClose),
        Ok(_) => None,
        Err(_) => Some(DisconnectReason::TransportError),
    }
}

/// A stream of frames, both ways.
struct Wire<S> {
    stream: S,
    frames: WebSocketContext,
    /// Whole frames in each piece.
    queue: VecDeque<Bytes>,
    /// A part of what is first in line has gone out.
    is_half_out: bool,
    /// How many pieces have to go out until an answer of tungstenite's own has.
    until_answer: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    fn new(stream: S, settings: &Settings) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(settings.read_ahead)
            .write_buffer_size(0)
            .max_message_size(Some(settings.incoming_max))
            .max_frame_size(Some(settings.incoming_max));
        Self {
            stream,
            frames: WebSocketContext::new(Role::Server, Some(config)),
            queue: VecDeque::new(),
            is_half_out: false,
            until_answer: 0,
        }
    }

    /// Has a packet sent before anything that is queued later.
    fn say(&mut self, packet: &str) {
        if let Some((kind, text)) = packet.as_bytes().split_first() {
            self.queue.push_back(framed(*kind, text).0);
        }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<tungstenite::Result<Message>> {
        let mut replies = Vec::new();
        let mut side = Side {
            stream: &mut self.stream,
            cx,
            replies: &mut replies,
        };
        let read = self.frames.read(&mut side);
        if !replies.is_empty() {
            self.reply(replies);
        }
        match read {
            Err(tungstenite::Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }

    /// Frames of tungstenite's own must not break one that is half out.
    fn reply(&mut self, replies: Vec<u8>) {
        let at = usize::from(self.is_half_out);
        self.queue.insert(at, replies.into());
        self.until_answer = at + 1;
    }

    /// Whether an answer of tungstenite's own waits.
    fn owes_answer(&self) -> bool {
        self.until_answer > 0
    }

    /// Whether this text is the next that comes.
    async fn hears(&mut self, text: &str) -> bool {
        loop {
            match poll_fn(|cx| self.poll_message(cx)).await {
                Ok(Message::Ping(_) | Message::Pong(_)) => {
                    if poll_fn(|cx| self.poll_write(cx)).await.is_err() {
                        return false;
                    }
                }
                Ok(Message::Text(said)) => return said.as_str() == text,
                _ => return false,
            }
        }
    }

    /// Ready when everything in line has gone out.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            let stream = Pin::new(&mut self.stream);
            let written = match self.queue.len() {
                1 => stream.poll_write(cx, &self.queue[0]),
                several => {
                    let mut slices = [IoSlice::new(&[]); AT_ONCE];
                    for (slice, frames) in slices.iter_mut().zip(&self.queue) {
                        *slice = IoSlice::new(frames);
                    }
                    stream.poll_write_vectored(cx, &slices[..several.min(AT_ONCE)])
                }
            };
            let mut written = nonzero(ready!(written)?)?;
            while let Some(frames) = self.queue.front_mut()
                && written > 0
            {
                self.is_half_out = written < frames.len();
                if self.is_half_out {
                    frames.advance(written);
                    break;
                }
                written -= frames.len();
                self.queue.pop_front();
                self.until_answer = self.until_answer.saturating_sub(1);
            }
        }
        // TLS holds back what the connection did not take.
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// What the client is to be told last that has said goodbye itself.
    fn poll_echo(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.queue.truncate(usize::from(self.is_half_out));
        // Its answers to what it has read tungstenite gives when it is asked for more.
        let _ = self.poll_message(cx);
        ready!(self.poll_write(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    /// Everything that is left, and the end.
    fn poll_goodbye<H: Handler>(
        &mut self,
        session: &Session<H>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        // A close frame that says 1000.
        const GOODBYE: [u8; 4] = [0x88, 2, 0x03, 0xe8];
        loop {
            ready!(self.poll_write(cx))?;
            session.swap_queue(&mut self.queue);
            if self.queue.is_empty() {
                break;
            }
        }
        // Where even this does not fit any more, the end of the stream says it.
        let _ = Pin::new(&mut self.stream).poll_write(cx, &GOODBYE);
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn nonzero(taken: usize) -> io::Result<usize> {
    if taken == 0 {
        return Err(io::ErrorKind::WriteZero.into());
    }
    Ok(taken)
}

/// What tungstenite reads from and replies to.
struct Side<'a, 'b, S> {
    stream: &'a mut S,
    cx: &'a mut Context<'b>,
    replies: &'a mut Vec<u8>,
}

impl<S: AsyncRead + Unpin> Read for Side<'_, '_, S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut into = ReadBuf::new(buf);
        match Pin::new(&mut *self.stream).poll_read(self.cx, &mut into) {
            Poll::Ready(read) => read.map(|()| into.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S> Write for Side<'_, '_, S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.replies.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
