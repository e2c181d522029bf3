//! Whatever a page is made of: it is read, and what comes of it can be shown.

use belfry::{
    adapters::pages::read,
    domain::message::{PageWords, Preview},
};
use proptest::prelude::*;

/// Pieces of pages, well formed or not, with bytes of any kind between them.
fn html() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"<title>".to_vec()),
        Just(b"</title>".to_vec()),
        Just(b"<meta property='og:title' content=\"".to_vec()),
        Just(b"<meta property=og:site_name content=".to_vec()),
        Just(b"<meta name=description content='".to_vec()),
        Just(b"<meta charset=utf-16>".to_vec()),
        Just(b"<meta http-equiv=content-type content='text/html;charset=big5'>".to_vec()),
        Just(b"'>".to_vec()),
        Just(b"\">".to_vec()),
        Just(b"<!--".to_vec()),
        Just(b"-->".to_vec()),
        Just(b"<script>".to_vec()),
        Just(b"<svg>".to_vec()),
        Just(b"&#0;&#x202e;&amp;&nosuch;&#xD800;".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just("\u{202E}\u{2066}\u{0}\u{85}\u{2028} x ".as_bytes().to_vec()),
        Just(b"long words without end ".repeat(40)),
        prop::collection::vec(any::<u8>(), 0..40),
        ".{0,40}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn charset() -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop_oneof![
        Just("utf-8".to_owned()),
        Just("utf-16".to_owned()),
        Just("shift_jis".to_owned()),
        Just("iso-2022-jp".to_owned()),
        Just("gb18030".to_owned()),
        Just("x-user-defined".to_owned()),
        ".{0,12}",
    ])
}

fn is_shown(text: Option<&String>, max: usize) -> bool {
    text.is_none_or(|text| {
        let hidden = |c: char| {
            c.is_control()
                || ('\u{202A}'..='\u{202E}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        !text.is_empty()
            && text.trim() == text
            && !text.contains("  ")
            && text.chars().count() <= max
            && !text.chars().any(hidden)
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_what_comes_of_them_can_be_shown(bytes in html(), charset in charset()) {
        let words = read(&bytes, charset.as_deref());
        if let Some(preview) = Preview::from_page("https://example.org/", words) {
            prop_assert!(preview.title.is_some());
            prop_assert!(is_shown(preview.title.as_ref(), 200), "{preview:?}");
            prop_assert!(is_shown(preview.description.as_ref(), 500), "{preview:?}");
            prop_assert!(is_shown(preview.site_name.as_ref(), 100), "{preview:?}");
        }
    }

    #[test]
    fn any_words_can_be_shown(title in ".{0,300}", description in ".{0,700}", site in ".{0,200}") {
        let words = PageWords {
            title: Some(format!("a{title}")),
            description: Some(description),
            site_name: Some(site),
            image_url: None,
        };
        let preview = Preview::from_page("https://example.org/", words).unwrap();
        prop_assert!(is_shown(preview.title.as_ref(), 200), "{preview:?}");
        prop_assert!(is_shown(preview.description.as_ref(), 500), "{preview:?}");
        prop_assert!(is_shown(preview.site_name.as_ref(), 100), "{preview:?}");
    }
}

#[test]
fn a_page_of_1_mb_of_anything_is_read() {
    for piece in [
        "<", "<a ", "&", "<!--", "<title>", "</", "a=\"", "<svg>", "\0", "]]>",
    ] {
        let page = piece.repeat(1_000_000 / piece.len());
        let _ = Preview::from_page("https://example.org/", read(page.as_bytes(), None));
    }
}
