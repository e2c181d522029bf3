//! One websocket connection: tungstenite reads it, and writes go straight to the socket without waiting.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Which side of the websocket we are: clients mask what they send, servers do not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// The write side of one connection. Cheap to clone; all clones live on the connection's own thread.
///
/// A write that the kernel does not take at once is kept (without a bound: a benchmark must not lose packets by itself)
/// and goes out as soon as the socket is writable again.
#[derive(Clone)]
pub struct Link(Rc<Inner>);

struct Inner {
    half: OwnedWriteHalf,
    side: Side,
    backlog: RefCell<Vec<u8>>,
    flushing: Cell<bool>,
}

impl Link {
    /// Splits `tcp` into the stream that tungstenite reads (and shakes hands over) and the link that writes.
    ///
    /// Nothing may be written through the link before the handshake has ended.
    pub fn new(tcp: TcpStream, side: Side) -> io::Result<(Link, HandshakeStream)> {
        tcp.set_nodelay(true)?;
        let (read, half) = tcp.into_split();
        let link = Link(Rc::new(Inner {
            half,
            side,
            backlog: RefCell::default(),
            flushing: Cell::new(false),
        }));
        Ok((link.clone(), HandshakeStream { read, link }))
    }

    /// Has the connection end with a reset, and what it still had to send thrown away, when its last holder is gone.
    pub fn end_abruptly(&self) -> io::Result<()> {
        self.0.backlog.borrow_mut().clear();
        let tcp: &TcpStream = self.0.half.as_ref();
        tcp.set_zero_linger()
    }

    /// Sends one text frame.
    pub fn send_text(&self, text: &str) {
        self.send_bytes(&text_frame(text, self.0.side));
    }

    /// Sends bytes that are whole frames already, such as the [`text_frame`]s of several packets in one piece.
    pub fn send_bytes(&self, frames: &[u8]) {
        let mut backlog = self.0.backlog.borrow_mut();
        let taken = if backlog.is_empty() {
            self.0.half.try_write(frames).unwrap_or(0)
        } else {
            0
        };
        if taken == frames.len() {
            return;
        }
        backlog.extend_from_slice(&frames[taken..]);
        if !self.0.flushing.replace(true) {
            tokio::task::spawn_local(flush(self.clone()));
        }
    }
}

/// Writes the backlog out; ends when it is empty or the connection is gone (the reader sees and reports the latter).
async fn flush(link: Link) {
    let inner = &link.0;
    while inner.half.writable().await.is_ok() {
        let mut backlog = inner.backlog.borrow_mut();
        match inner.half.try_write(&backlog) {
            Ok(taken) => drop(backlog.drain(..taken)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => break,
        }
        if backlog.is_empty() {
            break;
        }
    }
    inner.flushing.set(false);
}

/// The bytes of one unfragmented text frame.
pub fn text_frame(text: &str, side: Side) -> Vec<u8> {
    // Any key that is not zero: some servers skip the unmasking of a zero key, which real clients never send.
    const MASK: [u8; 4] = [0x5a, 0xc3, 0x96, 0x3c];
    let mask_bit = if side == Side::Client { 0x80 } else { 0 };
    let mut frame = Vec::with_capacity(text.len() + 14);
    frame.push(0x81);
    match text.len() {
        len @ 0..=125 => frame.push(mask_bit | len as u8),
        len @ 126..=0xffff => {
            frame.push(mask_bit | 126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            frame.push(mask_bit | 127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    match side {
        Side::Server => frame.extend_from_slice(text.as_bytes()),
        Side::Client => {
            frame.extend_from_slice(&MASK);
            frame.extend(
                text.bytes()
                    .zip(MASK.iter().cycle())
                    .map(|(byte, key)| byte ^ key),
            );
        }
    }
    frame
}

/// What tungstenite works on: reads in full, writes only for its handshake.
pub struct HandshakeStream {
    read: OwnedReadHalf,
    link: Link,
}

impl AsyncRead for HandshakeStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.read).poll_read(cx, buf)
    }
}

impl AsyncWrite for HandshakeStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let tcp: &TcpStream = self.link.0.half.as_ref();
        loop {
            ready!(tcp.poll_write_ready(cx))?;
            match tcp.try_write(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                done => return Poll::Ready(done),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_says_its_length_in_the_shortest_form_and_masks_what_a_client_sends() {
        assert_eq!(text_frame("3", Side::Server), [0x81, 1, b'3']);
        assert_eq!(
            text_frame("3", Side::Client),
            [0x81, 0x81, 0x5a, 0xc3, 0x96, 0x3c, b'3' ^ 0x5a]
        );
        assert_eq!(
            text_frame(&"x".repeat(126), Side::Server)[..4],
            [0x81, 126, 0, 126]
        );
        assert_eq!(
            text_frame(&"x".repeat(65536), Side::Server)[..10],
            [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }
}
