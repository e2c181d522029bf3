//! Names: what one resolves to is looked at once, and nothing else is connected to.

use belfry::ports::pages::{NoPage, Pages};

use super::site::{Book, Site, page, pages_with, redirect};

fn local(addresses: &[&str]) -> Vec<std::net::IpAddr> {
    addresses.iter().map(|it| it.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_connected_to_where_it_was_looked_at() {
    let site = Site::with(page("A page")).await;
    let book = Book::answering(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let pages = pages_with(book.clone());

    let seen = pages
        .look(&site.on("rebinding.example", "/"))
        .await
        .unwrap();

    assert_eq!(seen.title.as_deref(), Some("A page"));
    assert_eq!(book.looked_up().len(), 1, "one look-up, one connection");
    assert_eq!(site.connections().await, local(&["127.0.0.1"]));

    // The next request looks anew, and finds it where it must not go.
    let again = pages.look(&site.on("rebinding.example", "/")).await;
    assert_eq!(again, Err(NoPage::Misled));
    assert_eq!(site.connections().await, local(&["127.0.0.1"]));
}

#[tokio::test]
async fn a_name_that_changes_its_mind_between_redirects_is_looked_at_again() {
    let site = Site::open(|path| match path {
        "/" => redirect("/secret"),
        _ => page("never to be seen"),
    })
    .await;
    let book = Book::answering(&[&["127.0.0.1"], &["127.0.0.2"]]);

    let answer = pages_with(book.clone())
        .look(&site.on("rebinding.example", "/"))
        .await;

    assert_eq!(answer, Err(NoPage::Misled));
    assert_eq!(book.looked_up().len(), 2);
    assert_eq!(site.connections().await, local(&["127.0.0.1"]));
    assert_eq!(site.requests().len(), 1);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_asked_are() {
    let site = Site::with(page("A page")).await;
    let mixed: &[&str] = &[
        "127.0.0.2",
        "::1",
        "169.254.169.254",
        "127.0.0.1",
        "10.0.0.1",
    ];
    let pages = pages_with(Book::answering(&[mixed]));
    for _ in 0..5 {
        assert!(pages.look(&site.on("mixed.example", "/")).await.is_ok());
    }
    assert_eq!(site.connections().await, local(&["127.0.0.1"; 5]));

    let forbidden: &[&str] = &["127.0.0.2", "::1", "10.0.0.1"];
    let pages = pages_with(Book::answering(&[forbidden]));
    let answer = pages.look(&site.on("mixed.example", "/")).await;
    assert_eq!(answer, Err(NoPage::Misled));
    assert_eq!(site.connections().await.len(), 5);
}

#[tokio::test]
async fn a_public_name_on_a_private_port_leads_to_opened_networks_alone() {
    let site = Site::with(page("A page")).await;
    let book = Book::answering(&[&["1.1.1.1", "127.0.0.1"]]);
    let seen = pages_with(book).look(&site.on("page.example", "/")).await;
    assert!(seen.is_ok());
    assert_eq!(site.connections().await, local(&["127.0.0.1"]));
}

#[tokio::test]
async fn a_local_name_does_not_lead_into_public() {
    for name in ["localhost", "printer.local", "redis", "x.internal"] {
        let pages = pages_with(Book::answering(&[&["1.1.1.1"]]));
        let answer = pages.look(&format!("http://{name}/")).await;
        assert_eq!(answer, Err(NoPage::Misled), "{name}");
    }
    let site = Site::with(page("An intranet")).await;
    let pages = pages_with(Book::answering(&[&["127.0.0.1"]]));
    assert!(pages.look(&site.on("localhost", "/")).await.is_ok());
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_no_page() {
    let pages = pages_with(Book::default());
    let answer = pages.look("http://nobody.example/").await;
    assert_eq!(answer, Err(NoPage::Unreachable));
}
