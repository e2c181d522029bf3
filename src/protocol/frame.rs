//! Engine.IO packets as websocket frames, whole and one behind the other: what a connection is handed, and what polls are made of.

use bytes::Bytes;
use tungstenite::protocol::frame::{
    FrameHeader,
    coding::{Data, OpCode},
};

/// The longest head of a frame that a server sends.
const HEAD_MAX: usize = 10;

/// A packet of one type and its text, as a frame; and where in it the text begins.
pub fn framed(kind: u8, text: &[u8]) -> (Bytes, usize) {
    let mut frame = Vec::with_capacity(HEAD_MAX + 1 + text.len());
    let head = FrameHeader {
        opcode: OpCode::Data(Data::Text),
        ..FrameHeader::default()
    };
    if let Err(error) = head.format(text.len() as u64 + 1, &mut frame) {
        // Writing into memory does not fail.
        tracing::error!(%error, "a packet could not be framed");
    }
    frame.push(kind);
    let text_at = frame.len();
    frame.extend_from_slice(text);
    (frame.into(), text_at)
}

/// Splits the first packet, its type included, off whole frames. `None` at the end, and where these are no frames of ours.
pub fn next_packet(frames: &mut Bytes) -> Option<Bytes> {
    let head = frames.get(..2)?;
    let (head, length): (usize, usize) = match head[1] {
        126 => (
            4,
            usize::from(u16::from_be_bytes(frames.get(2..4)?.try_into().ok()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(frames.get(2..10)?.try_into().ok()?)).ok()?,
        ),
        short => (2, usize::from(short)),
    };
    let end = head.checked_add(length)?;
    let packet = frames.get(head..end).map(|_| frames.slice(head..end))?;
    *frames = frames.slice(end..);
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_taken_apart_as_they_were_put_together() {
        let texts: Vec<String> = [0, 1, 124, 125, 126, 65_533, 65_534, 65_535, 70_000]
            .map(|length| "x".repeat(length))
            .into();
        let frames: Vec<u8> = texts
            .iter()
            .flat_map(|text| framed(b'4', text.as_bytes()).0)
            .collect();
        let mut frames = Bytes::from(frames);
        for text in texts {
            let packet = next_packet(&mut frames).unwrap();
            assert_eq!(packet[0], b'4');
            assert_eq!(packet[1..], *text.as_bytes());
        }
        assert_eq!(next_packet(&mut frames), None);
    }

    #[test]
    fn a_frame_is_as_the_websocket_protocol_says() {
        assert_eq!(framed(b'4', b"2").0[..], [0x81, 2, b'4', b'2']);
        let (frame, text_at) = framed(b'4', &[b'x'; 200]);
        assert_eq!(frame[..5], [0x81, 126, 0, 201, b'4']);
        assert_eq!(text_at, 5);
    }
}
