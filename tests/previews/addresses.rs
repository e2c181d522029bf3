//! The forbidden addresses, one by one: written in the link, behind a name, and behind a redirect.

use belfry::{
    adapters::pages::WebPages,
    ports::pages::{NoPage, Pages},
};

use super::site::{Book, Site, page, pages, pages_with, redirect};

/// Each with what it is.
const FORBIDDEN: [(&str, &str); 52] = [
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "private"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.100.100.200", "metadata of Alibaba Cloud"),
    ("100.127.255.255", "carrier-grade NAT"),
    ("127.0.0.2", "loopback"),
    ("127.255.255.254", "loopback"),
    ("168.63.129.16", "host agent of Azure"),
    ("169.254.0.1", "link-local"),
    ("169.254.169.254", "metadata of most clouds"),
    ("169.254.170.2", "credentials of containers at AWS"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.1", "protocol assignments"),
    ("192.0.0.192", "metadata of Oracle Cloud"),
    ("192.0.2.1", "documentation"),
    ("192.31.196.1", "AS112"),
    ("192.52.193.1", "multicast tunnels"),
    ("192.88.99.1", "relay of 6to4"),
    ("192.168.0.1", "private"),
    ("192.168.255.255", "private"),
    ("192.175.48.1", "AS112"),
    ("198.18.0.1", "benchmarks"),
    ("198.19.255.255", "benchmarks"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::ffff:127.0.0.2", "loopback, mapped"),
    ("::ffff:169.254.169.254", "metadata, mapped"),
    ("::127.0.0.2", "loopback, in the old compatible form"),
    ("::8.8.8.8", "the old compatible form"),
    ("64:ff9b::127.0.0.2", "loopback behind a translator"),
    ("64:ff9b::a9fe:a9fe", "metadata behind a translator"),
    ("64:ff9b:1::1", "behind a translator of one's own"),
    ("100::1", "discarded"),
    ("2001::1", "Teredo"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:2::1", "loopback by 6to4"),
    ("3fff::1", "documentation"),
    ("5f00::1", "segment routing"),
    ("fc00::1", "unique local"),
    ("fd00:ec2::254", "metadata of AWS"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
];

fn in_a_link(address: &str) -> String {
    match address.contains(':') {
        true => format!("[{address}]"),
        false => address.to_owned(),
    }
}

#[tokio::test]
async fn no_forbidden_address_is_asked_that_stands_in_the_link() {
    let pages = pages();
    for (address, what) in FORBIDDEN {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{}/", in_a_link(address));
            assert_eq!(
                pages.look(&url).await,
                Err(NoPage::Forbidden),
                "{url}: {what}"
            );
        }
    }
}

#[tokio::test]
async fn no_forbidden_address_is_asked_that_a_name_leads_to() {
    let answers = FORBIDDEN.map(|(address, _)| [address]);
    let book = Book::answering(&answers.each_ref().map(|it| &it[..]));
    let pages = pages_with(book.clone());
    for (address, what) in FORBIDDEN {
        let answer = pages.look("http://page.example/").await;
        assert_eq!(answer, Err(NoPage::Misled), "{address}: {what}");
    }
    assert_eq!(book.looked_up().len(), FORBIDDEN.len());
}

#[tokio::test]
async fn no_forbidden_address_is_asked_that_a_redirect_leads_to() {
    let site = Site::open(|path| {
        let place: usize = path.trim_start_matches('/').parse().unwrap();
        redirect(&format!("http://{}/", in_a_link(FORBIDDEN[place].0)))
    })
    .await;
    let pages = pages();
    for (place, (address, what)) in FORBIDDEN.iter().enumerate() {
        let answer = pages.look(&site.at(&format!("/{place}"))).await;
        assert_eq!(answer, Err(NoPage::Forbidden), "{address}: {what}");
    }
    assert_eq!(site.requests().len(), FORBIDDEN.len());
}

#[tokio::test]
async fn an_address_is_the_same_however_it_is_written() {
    let site = Site::with(page("never to be seen")).await;
    let pages = pages();
    for host in [
        "127.0.0.2",
        "127.0.0.2.",
        "127.2",
        "127.0.2",
        "2130706434",
        "0x7f000002",
        "0x7F.0.0.2",
        "0177.0.0.2",
        "0177.00.00.02",
        "127%2e0%2E0%2e2",
        "127。0。0。2",
        "①②⑦.⓪.⓪.②",
        "[::ffff:127.0.0.2]",
        "[::ffff:7f00:2]",
        "[0:0:0:0:0:ffff:7f00:0002]",
        "[::127.0.0.2]",
        "[64:ff9b::127.0.0.2]",
        "[2002:7f00:2::]",
        "[::1]",
        "[0000:0000:0000:0000:0000:0000:0000:0001]",
        "[::]",
        "0",
        "0.0.0.0",
        "0x0",
    ] {
        let answer = pages.look(&site.on(host, "/")).await;
        assert_eq!(answer, Err(NoPage::Forbidden), "{host}");
    }
    assert!(site.connections().await.is_empty());

    // The one that is opened is found by its other names as well.
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
    ] {
        assert!(pages.look(&site.on(host, "/")).await.is_ok(), "{host}");
    }
}

#[tokio::test]
async fn what_is_no_address_of_the_web_is_not_asked() {
    let site = Site::with(page("never to be seen")).await;
    let port = site.port;
    let pages = pages();
    for url in [
        format!("ftp://127.0.0.1:{port}/"),
        format!("gopher://127.0.0.1:{port}/"),
        format!("ws://127.0.0.1:{port}/"),
        format!("http://ada@127.0.0.1:{port}/"),
        format!("http://ada:secret@127.0.0.1:{port}/"),
        "file:///etc/passwd".into(),
        "http://".into(),
        "http://[::1".into(),
        "http://127.0.0.1:99999/".into(),
        "nothing".into(),
        String::new(),
    ] {
        assert_eq!(pages.look(&url).await, Err(NoPage::Forbidden), "{url}");
    }
    assert!(site.connections().await.is_empty());
}

#[tokio::test]
async fn only_ports_of_the_web_are_asked_in_public() {
    let book = Book::answering(&[&["1.1.1.1"]]);
    let pages = pages_with(book.clone());
    for port in [1, 21, 22, 25, 53, 110, 2375, 5432, 6379, 9200, 11211, 65535] {
        for host in ["page.example", "1.1.1.1", "[2606:4700::1111]"] {
            let answer = pages.look(&format!("http://{host}:{port}/")).await;
            let expected = match host {
                "page.example" => NoPage::Misled,
                _ => NoPage::Forbidden,
            };
            assert_eq!(answer, Err(expected), "{host}:{port}");
        }
    }
}

#[tokio::test]
async fn where_nothing_is_opened_this_machine_is_not_asked() {
    let site = Site::with(page("never to be seen")).await;
    let closed = WebPages::new(Vec::new()).unwrap();
    for host in ["127.0.0.1", "[::1]", "localhost", "0"] {
        let answer = closed.look(&site.on(host, "/")).await;
        assert_eq!(answer, Err(NoPage::Forbidden), "{host}");
    }
    assert!(site.connections().await.is_empty());
}
