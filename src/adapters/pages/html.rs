//! What an HTML page says of itself: Open Graph first, then its title and description.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use crate::domain::message::PageWords;

/// Text of a title that is read; what is longer is cut anyway.
const TITLE_BYTES: usize = 4_096;

/// Reads a page of any text; the address of a picture is as it stands there.
pub(super) fn words_of(text: &str) -> PageWords {
    let mut emitter = DefaultEmitter::default();
    // Scripts, styles and titles are text: what looks like a tag in them is none.
    emitter.naively_switch_states(true);
    let mut page = Page::default();
    for Ok(token) in Tokenizer::new_with_emitter(text, emitter) {
        match token {
            Token::StartTag(tag) => page.begins(&tag),
            Token::EndTag(tag) => page.ends(&tag.name),
            Token::String(text) => page.says(&text),
            _ => {}
        }
        if page.is_complete() {
            break;
        }
    }
    page.words()
}

#[derive(Default)]
struct Page {
    graph: PageWords,
    title: Option<String>,
    description: Option<String>,
    in_title: bool,
    /// A picture in the page has titles of its own.
    in_pictures: usize,
}

impl Page {
    fn begins(&mut self, tag: &StartTag<()>) {
        match tag.name.as_slice() {
            b"title" if self.in_pictures == 0 && self.title.is_none() => {
                self.in_title = true;
                self.title = Some(String::new());
            }
            b"svg" if !tag.self_closing => self.in_pictures += 1,
            b"meta" => self.meta(tag),
            _ => {}
        }
    }

    fn ends(&mut self, name: &[u8]) {
        match name {
            b"title" if self.in_title => {
                self.in_title = false;
                // An empty one may be followed by one that a script was to fill.
                self.title = self.title.take().filter(|title| !title.trim().is_empty());
            }
            b"svg" => self.in_pictures = self.in_pictures.saturating_sub(1),
            _ => {}
        }
    }

    fn says(&mut self, text: &[u8]) {
        if let Some(title) = self.title.as_mut().filter(|_| self.in_title) {
            let room = TITLE_BYTES.saturating_sub(title.len());
            title.push_str(&String::from_utf8_lossy(&text[..text.len().min(room)]));
        }
    }

    fn meta(&mut self, tag: &StartTag<()>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(|it| it.as_slice());
        let Some(content) = attribute(b"content") else {
            return;
        };
        let names = [attribute(b"property"), attribute(b"name")];
        for name in names.into_iter().flatten() {
            let place = match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"og:title" => &mut self.graph.title,
                b"og:description" => &mut self.graph.description,
                b"og:image" | b"og:image:url" => &mut self.graph.image_url,
                b"og:site_name" => &mut self.graph.site_name,
                b"description" => &mut self.description,
                _ => continue,
            };
            if place.is_none() && !content.trim_ascii().is_empty() {
                *place = Some(String::from_utf8_lossy(content).into_owned());
            }
        }
    }

    fn is_complete(&self) -> bool {
        let PageWords {
            title,
            description,
            image_url,
            site_name,
        } = &self.graph;
        [title, description, image_url, site_name]
            .iter()
            .all(|it| it.is_some())
    }

    fn words(self) -> PageWords {
        PageWords {
            title: self.graph.title.or(self.title),
            description: self.graph.description.or(self.description),
            ..self.graph
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(html: &str) -> Option<String> {
        words_of(html).title
    }

    #[test]
    fn open_graph_comes_before_title_and_description() {
        let words = words_of(
            "<!doctype html><html><head><title>Plain</title><META NAME=description CONTENT='plain words'>\
             <meta property='og:title' content='Tom &amp; Ada&#33;'><meta property=og:description content=''>\
             <meta name='og:site_name' content=Site><meta property='og:image' content='/a.png'></head>",
        );
        let expected = PageWords {
            title: Some("Tom & Ada!".into()),
            description: Some("plain words".into()),
            image_url: Some("/a.png".into()),
            site_name: Some("Site".into()),
        };
        assert_eq!(words, expected);
    }

    #[test]
    fn the_first_of_a_kind_counts_wherever_it_stands() {
        let html = "<body><div><p><div><meta property='og:title' content='one'></p>\
                    <meta property='og:title' content='two'>";
        assert_eq!(title(html).as_deref(), Some("one"));
    }

    #[test]
    fn a_title_is_what_a_browser_would_show() {
        let cases = [
            ("<title>a <b>c</b></title>", Some("a <b>c</b>")),
            (
                "<svg><title>icon</title></svg><title>page</title>",
                Some("page"),
            ),
            ("<title></title><title>late</title>", Some("late")),
            (
                "<script>'<title>no</title>'</script><title>yes</title>",
                Some("yes"),
            ),
            ("<!-- <title>no</title> --><title>yes</title>", Some("yes")),
            ("<textarea><title>no</title></textarea>", None),
            ("<title>never closed", Some("never closed")),
            ("<h1>none</h1>", None),
            ("", None),
        ];
        for (html, expected) in cases {
            assert_eq!(title(html).as_deref(), expected, "{html}");
        }
    }
}
