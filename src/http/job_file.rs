//! The file that a job has made, on its way out: its head, and its parts one after the other.

use std::{io, sync::Arc};

use axum::http::{HeaderMap, HeaderValue, header};
use futures_util::stream::{Stream, try_unfold};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::router::Shared;
use crate::{domain::id::JobId, jobs::FileMade};

/// What RFC 8187 lets stand for itself in an extended value.
const ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The head of a file's answer: to be saved under its name, and harmless where it is opened all the same.
pub(super) fn head(made: &FileMade) -> HeaderMap {
    let mut head = no_store();
    let media_type = HeaderValue::from_str(&made.info.media_type);
    head.insert(
        header::CONTENT_TYPE,
        media_type.unwrap_or(HeaderValue::from_static("application/octet-stream")),
    );
    head.insert(header::CONTENT_LENGTH, HeaderValue::from(made.bytes));
    // Where a browser shows it: no script, no forms, an origin of its own.
    head.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox"),
    );
    if let Ok(disposition) = HeaderValue::from_str(&disposition(&made.info.name)) {
        head.insert(header::CONTENT_DISPOSITION, disposition);
    }
    head
}

/// The head of a result that is no file.
pub(super) fn json_head() -> HeaderMap {
    let mut head = no_store();
    let json = HeaderValue::from_static("application/json");
    head.insert(header::CONTENT_TYPE, json);
    head
}

fn no_store() -> HeaderMap {
    let no_store = HeaderValue::from_static("no-store");
    HeaderMap::from_iter([(header::CACHE_CONTROL, no_store)])
}

/// RFC 6266: the name in ASCII for old readers, and as it is for all others.
fn disposition(name: &str) -> String {
    let ascii: String = name
        .chars()
        .map(|c| match c {
            '"' | '\\' | '%' | '/' => '_',
            ' '..='~' => c,
            _ => '_',
        })
        .collect();
    let whole = utf8_percent_encode(name, ATTR_CHAR);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

struct Left {
    shared: Arc<Shared>,
    id: JobId,
    bytes: u64,
    first: Option<Vec<u8>>,
    part: i32,
}

/// The parts, each read when the one before it is on its way. A file that is gone before its end, or whose store is, breaks the answer off:
/// its reader sees that it is not whole.
pub(super) fn body(
    shared: Arc<Shared>,
    id: JobId,
    bytes: u64,
    first: Vec<u8>,
) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    let left = Left {
        shared,
        id,
        bytes,
        first: Some(first),
        part: 0,
    };
    try_unfold(left, |mut left| async move {
        if left.bytes == 0 {
            return Ok(None);
        }
        let bytes = match left.first.take() {
            Some(first) => Some(first),
            None => {
                let read = left.shared.chat.result_part(left.id, left.part).await;
                read.map_err(io::Error::other)?
            }
        };
        let bytes = bytes.ok_or(io::ErrorKind::UnexpectedEof)?;
        left.part += 1;
        left.bytes = left
            .bytes
            .checked_sub(bytes.len() as u64)
            .ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some((bytes, left)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::FileInfo;

    #[test]
    fn a_name_is_told_to_old_and_new_readers() {
        assert_eq!(
            disposition("attic-2026-11-22.csv"),
            "attachment; filename=\"attic-2026-11-22.csv\"; filename*=UTF-8''attic-2026-11-22.csv"
        );
        assert_eq!(
            disposition("Bücher \"alt\"\r\nX: ../y.txt"),
            "attachment; filename=\"B_cher _alt___X: .._y.txt\"; filename*=UTF-8''B%C3%BCcher%20%22alt%22%0D%0AX%3A%20..%2Fy.txt"
        );
    }

    #[test]
    fn a_file_is_sandboxed_and_a_strange_type_is_bytes() {
        let made = FileMade {
            info: FileInfo {
                name: "x".into(),
                media_type: "text/html\r\nX: y".into(),
            },
            bytes: 3,
        };
        let head = head(&made);
        assert_eq!(head[header::CONTENT_TYPE], "application/octet-stream");
        assert_eq!(head[header::CONTENT_SECURITY_POLICY], "sandbox");
        assert_eq!(head[header::CONTENT_LENGTH], "3");
    }
}
