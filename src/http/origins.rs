//! Which web pages may use this server from a browser: its own, and those of the origins that the operator names. One list for
//! REST (CORS) and for the socket, whose handshakes browsers send from any page and with any answer.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use axum::http::{HeaderMap, HeaderValue, header};

/// Where a page comes from, as browsers say it: scheme, host and port; `null` where they will not (a file, a sandboxed frame); or what
/// the shell of an app says in the place of either (`capacitor://localhost`, `file://`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Null,
    Web(Place),
    /// In small letters. It is of no host, so it is nobody's own.
    Other(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    https: bool,
    host: String,
    port: u16,
}

/// A text that is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoOrigin;

impl fmt::Display for NoOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no origin")
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    /// `https://chat.example.org`, `http://[::1]:8080`, `null`, or anything else of the form `scheme://rest` without a `*`. The usual port
    /// of the web's two may be named or not, and case means nothing.
    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        if text == "null" {
            return Ok(Self(Kind::Null));
        }
        let (scheme, rest) = text.split_once("://").ok_or(NoOrigin)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            scheme => return other(scheme, rest).map(|text| Self(Kind::Other(text))),
        };
        let (host, port) = host_and_port(rest).ok_or(NoOrigin)?;
        let port = port.unwrap_or(usual_port(https));
        Ok(Self(Kind::Web(Place { https, host, port })))
    }
}

/// `scheme://rest` of no scheme of the web's.
fn other(scheme: &str, rest: &str) -> Result<String, NoOrigin> {
    let mut letters = scheme.bytes();
    let begins = letters
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic());
    let is_scheme =
        begins && letters.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_rest = rest
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'*');
    match is_scheme && is_rest {
        true => Ok(format!("{scheme}://{rest}").to_ascii_lowercase()),
        false => Err(NoOrigin),
    }
}

fn usual_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

/// Reads `host`, `host:port` or `[address]:port`.
fn host_and_port(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            let port = match after {
                "" => None,
                after => Some(after.strip_prefix(':')?),
            };
            (format!("[{address}]"), port)
        }
        None => {
            let (host, port) = match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            };
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if host.is_empty() || !host.bytes().all(is_name) {
                return None;
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    let port = match port {
        None => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        Some(_) => return None,
    };
    Some((host, port))
}

/// Other origins whose pages may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// Those.
    pub fn new(listed: Vec<Origin>) -> Self {
        Self(listed)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those whose pages come over plain http from another machine, as text.
    pub fn in_the_open(&self) -> Vec<String> {
        let places = self.0.iter().filter_map(|origin| match &origin.0 {
            Kind::Web(place) => Some(place),
            Kind::Null | Kind::Other(_) => None,
        });
        let near = ["localhost", "127.0.0.1", "[::1]"];
        places
            .filter(|place| !place.https && !near.contains(&place.host.as_str()))
            .map(|place| match place.port {
                80 => format!("http://{}", place.host),
                port => format!("http://{}:{port}", place.host),
            })
            .collect()
    }

    /// Whether the value of an `Origin` header is one of them.
    pub fn has(&self, origin: &HeaderValue) -> bool {
        let origin = origin.to_str().ok().and_then(|text| text.parse().ok());
        origin.is_some_and(|origin| self.0.contains(&origin))
    }

    /// Whether a request may open or use a socket: it comes from a page of this server or of a listed origin, or from no browser.
    ///
    /// `host` is where the client believes to be; `https` whether it came by that, where it is known. Browsers let a page say nothing
    /// of its origin only where it cannot read the answer, and then most say in `Sec-Fetch-Site` whether it is a stranger's.
    pub fn admits(&self, headers: &HeaderMap, host: Option<&str>, https: Option<bool>) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else {
            let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
            return !matches!(site, Some(b"cross-site" | b"same-site"));
        };
        if origins.next().is_some() {
            return false;
        }
        self.has(origin) || host.is_some_and(|host| is_own(origin, host, https))
    }
}

/// Whether a page of that origin was served from here.
///
/// Where the request is known to have come by https, a page that came by http is a stranger's: anybody on the way may have written it.
/// The other way round is only a proxy that ended TLS further out than the one that is heard.
fn is_own(origin: &HeaderValue, host: &str, known_https: Option<bool>) -> bool {
    let origin = origin.to_str().ok().and_then(|text| text.parse().ok());
    let Some(Origin(Kind::Web(Place {
        https,
        host: name,
        port,
    }))) = origin
    else {
        return false;
    };
    let Some((own, own_port)) = host_and_port(host) else {
        return false;
    };
    (https || known_https != Some(true))
        && own == name
        && own_port.unwrap_or(usual_port(https)) == port
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(listed: &[&str], origin: &str, host: &str, https: Option<bool>) -> bool {
        let listed = listed.iter().map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        Origins::new(listed).admits(&headers, Some(host), https)
    }

    #[test]
    fn a_page_of_this_server_is_let_in_however_the_host_is_written() {
        for (origin, host) in [
            ("http://chat.example.org", "chat.example.org"),
            ("https://chat.example.org", "chat.example.org"),
            ("https://chat.example.org", "chat.example.org:443"),
            ("http://chat.example.org", "Chat.Example.org:80"),
            ("http://127.0.0.1:3000", "127.0.0.1:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
            ("http://[::1]:3000", "[0:0::1]:3000"),
            ("https://[2001:db8::1]", "[2001:db8::1]"),
        ] {
            assert!(admits(&[], origin, host, None), "{origin} at {host}");
        }
    }

    #[test]
    fn a_page_of_elsewhere_is_not() {
        for (origin, host) in [
            ("https://elsewhere.example", "chat.example.org"),
            (
                "https://chat.example.org.elsewhere.example",
                "chat.example.org",
            ),
            ("https://sub.chat.example.org", "chat.example.org"),
            ("https://chat.example.org:8443", "chat.example.org"),
            ("https://chat.example.org", "chat.example.org:80"),
            ("http://127.0.0.1:3001", "127.0.0.1:3000"),
            ("http://localhost:3000", "127.0.0.1:3000"),
            ("null", "chat.example.org"),
            ("", "chat.example.org"),
            ("https://", ""),
            ("https://chat.example.org/", "chat.example.org"),
            ("https://me@chat.example.org", "chat.example.org"),
            ("https://chat.example.org:+443", "chat.example.org"),
            (
                "https://chat.example.org https://chat.example.org",
                "chat.example.org",
            ),
            ("ftp://chat.example.org", "chat.example.org"),
        ] {
            assert!(!admits(&[], origin, host, None), "{origin} at {host}");
        }
    }

    #[test]
    fn a_page_that_came_by_http_is_a_strangers_where_https_is_known_and_no_other() {
        let (http, https) = ("http://chat.example.org", "https://chat.example.org");
        for known in [None, Some(false), Some(true)] {
            assert!(admits(&[], https, "chat.example.org", known), "{known:?}");
            let admitted = admits(&[], http, "chat.example.org", known);
            assert_eq!(admitted, known != Some(true), "{known:?}");
        }
    }

    #[test]
    fn the_shell_of_an_app_is_let_in_by_its_name_and_is_nobodys_own() {
        for origin in [
            "capacitor://localhost",
            "tauri://localhost",
            "file://",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        ] {
            assert!(admits(&[origin], origin, "x", Some(true)), "{origin}");
            assert!(admits(&[&origin.to_uppercase()], origin, "x", None));
            assert!(!admits(&[], origin, "localhost", None), "{origin}");
            assert!(!admits(&["null", "http://localhost"], origin, "x", None));
        }
        let listed = ["capacitor://localhost"];
        for other in [
            "http://localhost",
            "https://localhost",
            "ionic://localhost",
            "capacitor://localhost:1",
            "capacitor://localhost.elsewhere.example",
            "null",
        ] {
            assert!(!admits(&listed, other, "x", None), "{other}");
        }
    }

    #[test]
    fn what_has_no_scheme_or_stands_for_many_is_no_origin() {
        for text in [
            "*",
            "localhost",
            "capacitor:localhost",
            "://x",
            "app://*",
            "*://x",
            "1a://x",
            "a b://x",
            "app://a b",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }

    #[test]
    fn who_is_listed_is_let_in_and_null_only_by_name() {
        let listed = ["https://Friend.example:443", "http://[::1]:8080"];
        assert!(admits(&listed, "https://friend.example", "x", Some(true)));
        assert!(admits(&listed, "http://[::1]:8080", "x", None));
        assert!(!admits(&listed, "http://friend.example", "x", None));
        assert!(!admits(&listed, "null", "x", None));
        assert!(admits(&["null"], "null", "x", None));
    }

    #[test]
    fn without_an_origin_it_is_no_page_or_one_that_cannot_read_the_answer() {
        let mut headers = HeaderMap::new();
        assert!(Origins::default().admits(&headers, Some("x"), None));
        for (site, admitted) in [
            ("same-origin", true),
            ("none", true),
            ("cross-site", false),
            ("same-site", false),
        ] {
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            let admits = Origins::default().admits(&headers, Some("x"), None);
            assert_eq!(admits, admitted, "{site}");
        }
        let mut two = HeaderMap::new();
        for origin in ["http://x", "http://x"] {
            two.append(header::ORIGIN, HeaderValue::from_static(origin));
        }
        assert!(!Origins::default().admits(&two, Some("x"), None));
    }
}
