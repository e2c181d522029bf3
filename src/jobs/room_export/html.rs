//! A room as one page: it needs nothing from elsewhere, runs nothing, and all that people wrote stays text.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{JobError, Sheet};
use crate::domain::{
    message::{Message, MessageKind},
    room::Room,
    timestamp::Timestamp,
};

const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark;--text:#1c1d22;--faint:#5b5d68;--line:#d9dae0;--page:#fff;--link:#1f4fbf}\
@media (prefers-color-scheme:dark){:root{--text:#e8e9ee;--faint:#a5a8b5;--line:#3a3c46;--page:#17181c;--link:#9db8ff}}\
body{margin:0 auto;max-width:46rem;padding:1.5rem 1rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}\
a{color:var(--link)}header,footer{color:var(--faint)}h1{margin:0;color:var(--text)}\
h2{margin:2rem 0 .5rem;border-bottom:1px solid var(--line);font-size:1rem}\
ol{margin:0;padding:0;list-style:none}li{margin:.75rem 0;overflow-wrap:anywhere}li:target{outline:2px solid var(--link);outline-offset:.25rem}\
.by{font-weight:600}time,.note{color:var(--faint);font-size:.875rem}.text{margin:0;white-space:pre-wrap}.gone{color:var(--faint);font-style:italic}";

#[derive(Default)]
pub(super) struct Html {
    /// The day whose list is open.
    day: Option<String>,
}

fn put(out: &mut Vec<u8>, markup: &Markup) {
    out.extend_from_slice(markup.0.as_bytes());
}

/// `2026-11-22` and `11:40:07` of a moment, UTC.
fn day_and_time(at: Timestamp) -> (String, String) {
    let at = at.to_string();
    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
    let time = time.split('.').next().unwrap_or_default();
    (day.to_owned(), time.to_owned())
}

/// What a reader may follow; anything else is told as text.
fn is_web_address(url: &str) -> bool {
    ["http://", "https://"].into_iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    })
}

fn link(url: &str, text: &str) -> Markup {
    html! {
        @if is_web_address(url) {
            a href=(url) rel="noopener noreferrer nofollow" { (text) }
        } @else {
            (text)
        }
    }
}

fn entry(message: &Message) -> Markup {
    let (_, time) = day_and_time(message.timestamp);
    html! {
        li id=(message.id) {
            article {
                div {
                    span.by dir="auto" { (message.username) } " "
                    time datetime=(message.timestamp) { (time) }
                    @if message.kind != MessageKind::Text {
                        " " span.note { "(" (message.kind.as_str()) ")" }
                    }
                    @if let Some(answered) = message.reply_to {
                        " " a.note href={ "#" (answered) } { "in answer to" }
                    }
                    @if let (Some(at), None) = (message.edited_at, message.deleted_at) {
                        " " span.note { "edited " time datetime=(at) { (at) } }
                    }
                }
                @if let Some(at) = message.deleted_at {
                    p.text.gone { "This message was deleted: " time datetime=(at) { (at) } }
                } @else {
                    p.text dir="auto" { (message.content) }
                }
                @for preview in &message.previews {
                    div.note dir="auto" {
                        (link(&preview.url, preview.title.as_deref().unwrap_or(&preview.url)))
                        @if let Some(description) = &preview.description { " " (description) }
                    }
                }
                @if message.is_applauded() {
                    div.note {
                        @if message.claps.total > 0 { "Claps: " (message.claps.total) " " }
                        @for reaction in &message.reactions {
                            span { (reaction.emoji) " " (reaction.count) } " "
                        }
                    }
                }
            }
        }
        "\n"
    }
}

impl Sheet for Html {
    fn begin(&mut self, out: &mut Vec<u8>, room: &Room, at: Timestamp) -> Result<(), JobError> {
        let head = html! {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (room.name) }
                style { (PreEscaped(STYLE)) }
            }
        };
        let title = html! {
            header {
                h1 dir="auto" { (room.name) }
                @if let Some(topic) = &room.topic { p dir="auto" { (topic) } }
                p { "Room " code { (room.id) } ", as of " time datetime=(at) { (at) } ". Times are UTC." }
            }
        };
        put(out, &html! { (DOCTYPE) });
        out.extend_from_slice(b"<html lang=\"en\">");
        put(out, &head);
        out.extend_from_slice(b"<body>");
        put(out, &title);
        out.extend_from_slice(b"<main>\n");
        Ok(())
    }

    fn message(&mut self, out: &mut Vec<u8>, message: &Message) -> Result<(), JobError> {
        let (day, _) = day_and_time(message.timestamp);
        if self.day.as_ref() != Some(&day) {
            if self.day.is_some() {
                out.extend_from_slice(b"</ol></section>\n");
            }
            out.extend_from_slice(b"<section>");
            put(out, &html! { h2 { time datetime=(day) { (day) } } });
            out.extend_from_slice(b"<ol>\n");
            self.day = Some(day);
        }
        put(out, &entry(message));
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), JobError> {
        match self.day.take() {
            Some(_) => out.extend_from_slice(b"</ol></section>\n"),
            None => put(out, &html! { p.gone { "Nothing has been said here." } }),
        }
        out.extend_from_slice(b"</main></body></html>\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        Format,
        tests::{message, written},
    };
    use super::*;
    use crate::domain::message::Preview;

    #[test]
    fn what_people_wrote_stays_text() {
        let mut wicked = message(1, "<script>alert(1)</script> & \"</li>\"");
        wicked.username = "<img src=x onerror=alert(1)>".into();
        wicked.previews = ["javascript:alert(1)", "https://a.example/\"><script>"]
            .map(|url| Preview {
                url: url.into(),
                title: Some("<b>".into()),
                description: None,
                image_url: None,
                site_name: None,
            })
            .into();
        let page = written(Format::Html, &[wicked]);
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; "),
            "{page}"
        );
        assert!(
            page.contains("&lt;img src=x onerror=alert(1)&gt;"),
            "{page}"
        );
        assert!(
            page.contains("<h1 dir=\"auto\">The &lt;attic&gt;</h1>"),
            "{page}"
        );
        for never in ["<script", "<img", "<b>", "javascript:"] {
            assert!(!page.contains(never), "{never} in {page}");
        }
        assert!(
            page.contains("href=\"https://a.example/&quot;&gt;&lt;script&gt;\""),
            "{page}"
        );
    }

    #[test]
    fn a_day_is_a_section_and_a_deleted_message_says_so() {
        let mut later = message(2, "the next day");
        later.timestamp = Timestamp::from_millis(1_700_086_400_000);
        let mut deleted = message(3, "");
        deleted.timestamp = later.timestamp;
        deleted.deleted_at = Some(later.timestamp);
        deleted.reply_to = Some(later.id);
        let page = written(Format::Html, &[message(1, "first"), later.clone(), deleted]);
        for (what, count) in [
            ("<section>", 2),
            ("</ol></section>", 2),
            ("<li ", 3),
            ("This message was deleted", 1),
        ] {
            assert_eq!(page.matches(what).count(), count, "{what} in {page}");
        }
        assert!(page.contains(&format!("href=\"#{}\"", later.id)), "{page}");
        assert!(
            page.starts_with("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        );
        assert!(page.ends_with("</main></body></html>\n"));
        assert!(written(Format::Html, &[]).contains("Nothing has been said here."));
    }
}
