//! What an HTML page says of itself: Open Graph first, then its title and description.

use std::convert::Infallible;

use html5gum::{
    Span, Tokenizer,
    emitters::callback::{CallbackEmitter, CallbackEvent},
};

use crate::domain::message::PageWords;

/// Text of a title or an attribute that is kept; what is longer is cut anyway.
const KEPT_BYTES: usize = 4_096;

/// Reads a page of any text; the address of a picture is as it stands there. Beside the text it takes as much again at most, however
/// many tags and attributes there are.
pub(super) fn words_of(text: &str) -> PageWords {
    let mut page = Page::default();
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| {
        page.meets(event);
        page.is_complete().then_some(())
    });
    // Scripts, styles and titles are text: what looks like a tag in them is none.
    emitter.naively_switch_states(true);
    let _: Option<Result<(), Infallible>> = Tokenizer::new_with_emitter(text, emitter).next();
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
    tag: Tag,
}

/// The tag that is being read.
#[derive(Default)]
enum Tag {
    #[default]
    Other,
    Picture,
    Meta(Meta),
}

/// What counts of a `meta`; of an attribute that is there twice, the first.
#[derive(Default)]
struct Meta {
    property: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    content: Option<Vec<u8>>,
    /// Which of them the next value belongs to.
    next: Option<Attribute>,
}

#[derive(Clone, Copy)]
enum Attribute {
    Property,
    Name,
    Content,
}

impl Page {
    fn meets(&mut self, event: CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.begins(name),
            CallbackEvent::AttributeName { name } => {
                if let Tag::Meta(meta) = &mut self.tag {
                    meta.names(name);
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Tag::Meta(meta) = &mut self.tag {
                    meta.values(value);
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => match std::mem::take(&mut self.tag) {
                Tag::Meta(meta) => self.meta(meta),
                Tag::Picture if !self_closing => self.in_pictures += 1,
                Tag::Picture | Tag::Other => {}
            },
            CallbackEvent::EndTag { name } => self.ends(name),
            CallbackEvent::String { value } => self.says(value),
            _ => {}
        }
    }

    fn begins(&mut self, name: &[u8]) {
        self.tag = match name {
            b"title" if self.in_pictures == 0 && self.title.is_none() => {
                self.in_title = true;
                self.title = Some(String::new());
                Tag::Other
            }
            b"svg" => Tag::Picture,
            b"meta" => Tag::Meta(Meta::default()),
            _ => Tag::Other,
        };
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
            let room = KEPT_BYTES.saturating_sub(title.len());
            title.push_str(&String::from_utf8_lossy(&text[..text.len().min(room)]));
        }
    }

    fn meta(&mut self, meta: Meta) {
        let Some(content) = meta.content else {
            return;
        };
        for name in [meta.property, meta.name].into_iter().flatten() {
            let place = match name.trim_ascii().to_ascii_lowercase().as_slice() {
                b"og:title" => &mut self.graph.title,
                b"og:description" => &mut self.graph.description,
                b"og:image" | b"og:image:url" => &mut self.graph.image_url,
                b"og:site_name" => &mut self.graph.site_name,
                b"description" => &mut self.description,
                _ => continue,
            };
            if place.is_none() && !content.trim_ascii().is_empty() {
                *place = Some(String::from_utf8_lossy(&content).into_owned());
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

impl Meta {
    fn names(&mut self, name: &[u8]) {
        self.next = match name {
            b"property" => Some(Attribute::Property),
            b"name" => Some(Attribute::Name),
            b"content" => Some(Attribute::Content),
            _ => None,
        };
        // It counts without a value as well.
        if let Some(place) = self.place() {
            match place {
                Some(_) => self.next = None,
                None => *place = Some(Vec::new()),
            }
        }
    }

    fn values(&mut self, value: &[u8]) {
        if let Some(Some(place)) = self.place() {
            place.extend_from_slice(&value[..value.len().min(KEPT_BYTES)]);
        }
        self.next = None;
    }

    fn place(&mut self) -> Option<&mut Option<Vec<u8>>> {
        Some(match self.next? {
            Attribute::Property => &mut self.property,
            Attribute::Name => &mut self.name,
            Attribute::Content => &mut self.content,
        })
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
    fn of_an_attribute_that_is_there_twice_the_first_counts() {
        let html = "</p content=no><meta content=one content=two property property=og:title name=og:title>";
        assert_eq!(title(html).as_deref(), Some("one"));
        let long = format!("<meta name=og:title content='{}'>", "x".repeat(100_000));
        assert_eq!(title(&long).map(|title| title.len()), Some(KEPT_BYTES));
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
