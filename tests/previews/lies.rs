//! Pages that lie about their length, their encoding or what they are, and servers that mean harm.

use belfry::{
    domain::message::Preview,
    ports::pages::{NoPage, Pages},
};

use super::site::{Answer, Site, answer, html, page, pages};

async fn look(answer: Answer) -> Result<Preview, NoPage> {
    let site = Site::with(answer).await;
    pages().look(&site.at("/")).await
}

async fn title(answer: Answer) -> Option<String> {
    look(answer).await.unwrap().title
}

const HTML: &str = "content-type: text/html";
const TITLE: &str = "<title>A page</title>";

#[tokio::test]
async fn a_page_that_is_shorter_than_it_says_is_what_came() {
    for length in ["1000000000", "9223372036854775807"] {
        let short = answer(&format!("{HTML}\r\ncontent-length: {length}"), TITLE);
        assert_eq!(title(short).await.as_deref(), Some("A page"), "{length}");
    }
    let broken = answer(
        &format!("{HTML}\r\ntransfer-encoding: chunked"),
        format!("{:x}\r\n{TITLE}\r\nnonsense", TITLE.len()),
    );
    assert_eq!(title(broken).await.as_deref(), Some("A page"));
}

#[tokio::test]
async fn a_page_that_is_longer_than_it_says_ends_where_it_says() {
    let long = format!("{TITLE}<meta property='og:title' content='hidden'>");
    let length = TITLE.len();
    let long = answer(&format!("{HTML}\r\ncontent-length: {length}"), long);
    assert_eq!(title(long).await.as_deref(), Some("A page"));
    let nothing = answer(&format!("{HTML}\r\ncontent-length: 0"), TITLE);
    assert_eq!(look(nothing).await, Err(NoPage::Untitled));
    for nonsense in ["-1", "many", "7\r\ncontent-length: 8"] {
        let answer = answer(&format!("{HTML}\r\ncontent-length: {nonsense}"), TITLE);
        assert_eq!(look(answer).await, Err(NoPage::Unreachable), "{nonsense}");
    }
}

#[tokio::test]
async fn a_page_without_end_is_read_up_to_the_bound() {
    let head = format!("HTTP/1.1 200 OK\r\n{HTML}\r\n\r\n{TITLE}").into_bytes();
    let site = Site::with(Answer::Endless(head, vec![b' '; 64 * 1024])).await;
    let seen = pages().look(&site.at("/")).await.unwrap();
    assert_eq!(seen.title.as_deref(), Some("A page"));
    // What the sockets between them hold is beside the bound.
    let sent = site.sent().await;
    assert!(sent < 32_000_000, "{sent}");
}

#[tokio::test]
async fn what_stands_behind_the_bound_is_not_seen() {
    let padded = |padding: usize| html(&format!("{}{TITLE}", " ".repeat(padding)));
    let within = 1_000_000 - TITLE.len();
    assert_eq!(title(padded(within)).await.as_deref(), Some("A page"));
    assert_eq!(look(padded(1_000_000)).await, Err(NoPage::Untitled));
}

#[tokio::test]
async fn a_page_that_drips_is_given_up_after_its_time() {
    let head = format!("HTTP/1.1 200 OK\r\n{HTML}\r\n\r\n{TITLE}").into_bytes();
    let drip = Answer::Drip(head, vec![b' '; 600]);
    assert_eq!(look(drip).await, Err(NoPage::TooSlow));
}

#[tokio::test]
async fn headers_that_drip_count_as_well() {
    let head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    let drip = Answer::Drip(head, vec![b'x'; 600]);
    assert_eq!(look(drip).await, Err(NoPage::TooSlow));
}

#[tokio::test]
async fn headers_without_end_are_no_page() {
    let head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    let endless = Answer::Endless(head, vec![b'x'; 64 * 1024]);
    assert_eq!(look(endless).await, Err(NoPage::Unreachable));
}

#[tokio::test]
async fn a_lie_about_the_encoding_makes_a_poor_title_and_no_failure() {
    let said = |charset: &str, body: &[u8]| answer(&format!("{HTML}; charset={charset}"), body);
    let latin = b"<title>caf\xe9 \xff</title>";
    assert_eq!(
        title(said("utf-8", latin)).await.as_deref(),
        Some("caf\u{FFFD} \u{FFFD}")
    );
    assert_eq!(
        title(said("iso-8859-1", latin)).await.as_deref(),
        Some("café ÿ")
    );
    assert_eq!(
        title(said("klingon", b"<title>ok</title>"))
            .await
            .as_deref(),
        Some("ok")
    );
    for charset in [
        "utf-16le",
        "utf-16be",
        "iso-2022-jp",
        "hz-gb-2312",
        "replacement",
        "utf-7",
    ] {
        let _ = look(said(charset, latin)).await;
    }
}

#[tokio::test]
async fn only_html_that_is_not_packed_is_read() {
    for headers in [
        "content-type: image/png",
        "content-type: application/json",
        "content-type: text/plain",
        "content-type: text/htmlx",
        "content-type:",
        "x: no-type",
        "content-type: text/html\r\ncontent-encoding: gzip",
        "content-type: text/html\r\ncontent-encoding: br",
        "content-type: text/html\r\ncontent-encoding: identity\r\ncontent-encoding: zstd",
    ] {
        let answer = look(answer(headers, TITLE)).await;
        assert_eq!(answer, Err(NoPage::NotHtml), "{headers}");
    }
    for headers in [
        "content-type: TEXT/HTML",
        "content-type: application/xhtml+xml; charset=utf-8",
        "content-type: text/html\r\ncontent-encoding: identity",
    ] {
        assert!(look(answer(headers, TITLE)).await.is_ok(), "{headers}");
    }
}

#[tokio::test]
async fn what_is_no_html_in_spite_of_its_name_has_no_title() {
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(n) >> 7) as u8)
        .collect();
    for body in [noise, vec![0; 10_000], vec![0xff; 10_000], Vec::new()] {
        assert_eq!(look(answer(HTML, body)).await, Err(NoPage::Untitled));
    }
}

#[tokio::test]
async fn an_error_is_no_page() {
    for status in [
        "404 Not Found",
        "500 Oh",
        "204 No Content",
        "304 Not Modified",
    ] {
        let bytes = format!("HTTP/1.1 {status}\r\n{HTML}\r\ncontent-length: 0\r\n\r\n");
        let answer = look(Answer::Bytes(bytes.into_bytes())).await;
        assert!(
            matches!(
                answer,
                Err(NoPage::Absent | NoPage::Refused | NoPage::Untitled)
            ),
            "{status}"
        );
    }
    for bytes in [
        "",
        "SSH-2.0-OpenSSH_9\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "\0\0\0",
    ] {
        let answer = look(Answer::Bytes(bytes.into())).await;
        assert_eq!(answer, Err(NoPage::Unreachable), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_deep_page_is_a_page() {
    let deep = format!("{}{TITLE}", "<div><b><table>".repeat(50_000));
    assert_eq!(title(html(&deep)).await.as_deref(), Some("A page"));
    let wide: String = (0..20_000).map(|n| format!(" a{n}=1")).collect();
    let wide = html(&format!("<meta{wide}>{TITLE}"));
    assert_eq!(title(wide).await.as_deref(), Some("A page"));
}

#[tokio::test]
async fn a_picture_is_an_address_of_the_web_that_may_be_asked() {
    let with = |image: &str| {
        html(&format!(
            "{TITLE}<meta property=og:image content='{image}'>"
        ))
    };
    let site = Site::with(with("../a b.png?x=1&amp;y=2")).await;
    let seen = pages().look(&site.at("/deep/page")).await.unwrap();
    assert_eq!(seen.image_url, Some(site.at("/a%20b.png?x=1&y=2")));
    let public = "https://cdn.example.org/a.png";
    assert_eq!(
        look(with(public)).await.unwrap().image_url.as_deref(),
        Some(public)
    );

    let long = format!("https://cdn.example.org/{}", "a".repeat(2_000));
    for image in [
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "http://10.0.0.1/router.png",
        "http://[::1]/a.png",
        "http://ada:secret@example.org/a.png",
        "http://[broken",
        &long,
    ] {
        assert_eq!(look(with(image)).await.unwrap().image_url, None, "{image}");
    }
}

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_else() {
    let site = Site::open(|path| match path {
        "/" => {
            let Answer::Bytes(redirect) = super::site::redirect("/next") else {
                unreachable!()
            };
            let head = String::from_utf8(redirect).unwrap();
            let cookie = head.replacen("\r\n", "\r\nset-cookie: who=ada\r\n", 1);
            Answer::Bytes(cookie.into_bytes())
        }
        _ => page("A page"),
    })
    .await;
    pages().look(&site.at("/#private")).await.unwrap();

    let agent = concat!("Belfry/", env!("CARGO_PKG_VERSION"), " (link preview)");
    let requests = site.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        let mut headers: Vec<&str> = request
            .lines()
            .skip(1)
            .filter(|it| !it.is_empty())
            .collect();
        headers.sort_unstable();
        let host = format!("host: 127.0.0.1:{}", site.port);
        let agent = format!("user-agent: {agent}");
        let expected = ["accept: text/html, application/xhtml+xml", &host, &agent];
        assert_eq!(headers, expected);
        assert!(!request.contains("private"));
    }
}
