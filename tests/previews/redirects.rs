//! Redirects: three, each of them checked like a link.

use belfry::ports::pages::{NoPage, Pages};

use super::site::{Answer, Site, page, pages, redirect};

/// `/3` leads to `/2`, and so on; `/0` is a page.
fn chain(path: &str) -> Answer {
    match path.trim_start_matches('/').parse::<u32>() {
        Ok(left @ 1..) => redirect(&format!("/{}", left - 1)),
        _ => page("The end"),
    }
}

#[tokio::test]
async fn three_redirects_are_followed_and_four_are_not() {
    let site = Site::open(chain).await;
    let seen = pages().look(&site.at("/3")).await.unwrap();
    assert_eq!(seen.title.as_deref(), Some("The end"));
    assert_eq!(seen.url, site.at("/3"), "as it stands in the text");

    assert_eq!(
        pages().look(&site.at("/4")).await,
        Err(NoPage::TooManyRedirects)
    );
    assert_eq!(site.requests().len(), 4 + 4);
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let site = Site::with(redirect("/again")).await;
    let answer = pages().look(&site.at("/")).await;
    assert_eq!(answer, Err(NoPage::TooManyRedirects));
}

#[tokio::test]
async fn a_redirect_is_checked_like_a_link() {
    let site = Site::open(|path| match path {
        "/credentials" => redirect("http://ada:secret@127.0.0.1/"),
        "/file" => redirect("file:///etc/passwd"),
        "/ftp" => redirect("ftp://127.0.0.1/"),
        "/data" => redirect("data:text/html,<title>x</title>"),
        "/script" => redirect("javascript:alert(1)"),
        "/name" => redirect("http://localhost/"),
        "/scheme-relative" => redirect("//127.0.0.2/"),
        _ => redirect("http://[broken"),
    })
    .await;
    for path in [
        "/credentials",
        "/file",
        "/ftp",
        "/data",
        "/script",
        "/scheme-relative",
        "/broken",
    ] {
        let answer = pages().look(&site.at(path)).await;
        assert_eq!(answer, Err(NoPage::Forbidden), "{path}");
    }
}

#[tokio::test]
async fn another_loopback_address_is_not_connected_to() {
    let site = Site::open(|path| match path.strip_prefix("/to/") {
        Some(port) => redirect(&format!("http://127.0.0.2:{port}/")),
        None => page("never to be seen"),
    })
    .await;
    let answer = pages().look(&site.at(&format!("/to/{}", site.port))).await;
    assert_eq!(answer, Err(NoPage::Forbidden));
    assert_eq!(site.connections().await.len(), 1, "the one that led there");
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_an_answer_without_a_page() {
    let bytes = b"HTTP/1.1 302 Found\r\ncontent-type: text/html\r\n\r\n<title>Moved</title>";
    let site = Site::with(Answer::Bytes(bytes.to_vec())).await;
    assert_eq!(pages().look(&site.at("/")).await, Err(NoPage::Refused));
}
