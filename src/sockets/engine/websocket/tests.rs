//! Frames on the wire: whole, in order, however little of them is taken at once.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tungstenite::{Utf8Bytes, protocol::frame::coding::CloseCode};

use super::*;

const SETTINGS: Settings = Settings {
    ping_interval: Duration::from_secs(25),
    ping_timeout: Duration::from_secs(20),
    upgrade_timeout: Duration::from_secs(10),
    closing_timeout: Duration::from_secs(10),
    incoming_max: 256 * 1024,
    queue_max: 4_096,
    read_ahead: 512,
};

/// Reads frames as a client does, without waiting for more than has come.
struct Client {
    frames: WebSocketContext,
    came: io::Cursor<Vec<u8>>,
}

impl Client {
    fn read(&mut self) -> Message {
        let mut side = Both(&mut self.came);
        self.frames.read(&mut side).unwrap()
    }
}

struct Both<'a>(&'a mut io::Cursor<Vec<u8>>);

impl Read for Both<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Both<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn text(of: usize) -> String {
    "é".repeat(of / 2) + &"x".repeat(of % 2)
}

#[tokio::test]
async fn texts_of_all_lengths_arrive_whole_and_in_order_however_little_is_taken_at_once() {
    let sizes = [0, 1, 124, 125, 126, 65_533, 65_534, 65_535, 200_000];
    let (ours, mut theirs) = tokio::io::duplex(1_000);
    let mut wire = Wire::new(ours, &SETTINGS);
    wire.say("0hello");
    for size in sizes.into_iter().chain([3; 100]) {
        wire.say(&format!("4{}", text(size)));
    }
    wire.say("2");
    let writing = tokio::spawn(async move {
        poll_fn(|cx| wire.poll_write(cx)).await.unwrap();
        wire.queue.len()
    });
    let mut came = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut theirs, &mut came)
        .await
        .unwrap();
    assert_eq!(writing.await.unwrap(), 0);
    let mut client = Client {
        frames: WebSocketContext::new(Role::Client, None),
        came: io::Cursor::new(came),
    };
    assert_eq!(client.read(), Message::text("0hello"));
    for size in sizes.into_iter().chain([3; 100]) {
        assert_eq!(client.read(), Message::text(format!("4{}", text(size))));
    }
    assert_eq!(client.read(), Message::text("2"));
}

#[tokio::test]
async fn what_a_stream_holds_back_is_flushed_when_the_queue_is_empty() {
    let (ours, mut theirs) = tokio::io::duplex(1_000);
    let mut wire = Wire::new(tokio::io::BufStream::new(ours), &SETTINGS);
    wire.say("4hello");
    poll_fn(|cx| wire.poll_write(cx)).await.unwrap();
    let mut came = [0_u8; 8];
    let read = tokio::io::AsyncReadExt::read_exact(&mut theirs, &mut came);
    assert_eq!(read.now_or_never().map(|read| read.is_ok()), Some(true));
    assert_eq!(&came[2..], b"4hello");
}

#[tokio::test]
async fn a_pong_waits_for_the_end_of_the_frame_that_is_half_out() {
    let (ours, mut theirs) = tokio::io::duplex(100);
    let mut wire = Wire::new(ours, &SETTINGS);
    for n in 0..3 {
        wire.say(&format!("4{n}{}", text(300)));
    }
    assert!(poll_fn(|cx| wire.poll_write(cx)).now_or_never().is_none());
    // A masked ping that says "hi".
    theirs
        .write_all(&[0x89, 0x82, 0, 0, 0, 0, b'h', b'i'])
        .await
        .unwrap();
    let ping = poll_fn(|cx| wire.poll_message(cx)).await.unwrap();
    assert_eq!(ping, Message::Ping("hi".into()));
    // The answer is made when there is nothing more to read.
    assert!(poll_fn(|cx| wire.poll_message(cx)).now_or_never().is_none());
    let writing = tokio::spawn(async move {
        poll_fn(|cx| wire.poll_write(cx)).await.unwrap();
    });
    let mut came = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut theirs, &mut came)
        .await
        .unwrap();
    writing.await.unwrap();
    let mut client = Client {
        frames: WebSocketContext::new(Role::Client, None),
        came: io::Cursor::new(came),
    };
    let said = |n: usize| Message::Text(Utf8Bytes::from(format!("4{n}{}", text(300))));
    assert_eq!(client.read(), said(0));
    assert_eq!(client.read(), Message::Pong("hi".into()));
    assert_eq!(client.read(), said(1));
    assert_eq!(client.read(), said(2));
}

#[test]
fn the_goodbye_is_a_normal_closure() {
    assert_eq!(u16::from(CloseCode::Normal).to_be_bytes(), [0x03, 0xe8]);
}
