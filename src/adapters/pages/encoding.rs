//! A page's bytes as text, in the encoding that it says or seems to have. Wrong bytes become replacement characters; nothing fails.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use html5gum::{Token, Tokenizer};

/// Where an encoding must be said that is said in the page.
const HEAD: usize = 1_024;

/// Reads a page: by its byte order mark, else as `charset` of its header says, else as its first 1,024 bytes say, else as UTF-8 if it
/// is that, else as Windows-1252, which all browsers take pages without an encoding for.
pub(super) fn text_of(bytes: &[u8], charset: Option<&str>) -> String {
    // `decode` looks for the mark itself.
    let said = charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let encoding = said.or_else(|| said_within(bytes)).unwrap_or_else(|| {
        let is_utf_8 = Encoding::utf8_valid_up_to(bytes) + 3 >= bytes.len();
        if is_utf_8 { UTF_8 } else { WINDOWS_1252 }
    });
    encoding.decode(bytes).0.into_owned()
}

fn said_within(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(HEAD)];
    for Ok(token) in Tokenizer::new(head) {
        let Token::StartTag(tag) = token else {
            continue;
        };
        if *tag.name != b"meta" {
            continue;
        }
        let attribute = |name: &[u8]| tag.attributes.get(name).map(|value| value.as_slice());
        let is_type = || {
            attribute(b"http-equiv")
                .is_some_and(|value| value.eq_ignore_ascii_case(b"content-type"))
        };
        let label = match attribute(b"charset") {
            Some(label) => Some(label.to_vec()),
            None if is_type() => attribute(b"content")
                .and_then(|value| charset_of(&String::from_utf8_lossy(value)))
                .map(String::into_bytes),
            None => None,
        };
        if let Some(encoding) = label.and_then(|label| Encoding::for_label(&label)) {
            // What could be read so far is no UTF-16.
            let is_lie = encoding == UTF_16BE || encoding == UTF_16LE;
            return Some(if is_lie { UTF_8 } else { encoding });
        }
    }
    None
}

/// The `charset` of a media type.
pub(super) fn charset_of(media_type: &str) -> Option<String> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_said_by_mark_header_or_page_in_that_order() {
        let cyrillic = b"<meta charset=windows-1251><title>\xcf\xf0\xe8";
        assert!(text_of(cyrillic, None).ends_with("При"));
        assert!(
            text_of(cyrillic, Some("koi8-r")).ends_with("опХ")
                || !text_of(cyrillic, Some("koi8-r")).contains("При")
        );
        assert_eq!(text_of("\u{FEFF}é".as_bytes(), Some("windows-1251")), "é");
        assert_eq!(text_of(b"\xff\xfea\0", None), "a");
        let older =
            b"<meta http-equiv='Content-Type' content='text/html; charset=\"Shift_JIS\"'>\x83\x65";
        assert!(text_of(older, None).ends_with('テ'));
    }

    #[test]
    fn without_one_it_is_what_it_seems() {
        assert_eq!(text_of("né".as_bytes(), None), "né");
        assert_eq!(text_of(b"n\xe9 \xe9 und so", None), "né é und so");
        // Cut in the middle of a character.
        assert_eq!(text_of(b"abc\xc3", None), "abc\u{FFFD}");
    }

    #[test]
    fn a_lie_about_it_makes_replacements_and_no_failure() {
        assert_eq!(text_of(b"a\xffb", Some("utf-8")), "a\u{FFFD}b");
        assert_eq!(text_of(b"abc", Some("no-such")), "abc");
        let wide = b"<meta charset=utf-16>abc";
        assert_eq!(text_of(wide, None), "<meta charset=utf-16>abc");
        text_of(b"abc\xd8", Some("utf-16"));
    }
}
