//! Which addresses may be asked for a page: those of the public internet, and the networks that the operator has opened.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::Url;

/// Ports on which the public internet has pages. What listens on others may take a request for something else (mail, databases), and
/// asking a stranger's ports one by one is not what a chat server is for. In opened networks, all ports are open.
const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Ends of names that lead nowhere in public. What they resolve to is checked all the same; this saves asking.
const LOCAL_NAMES: [&str; 7] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
];

/// IPv4 networks that are not the public internet, from IANA's registry of special-purpose addresses and its multicast space.
const NOT_PUBLIC: [Ipv4Net; 19] = [
    v4(0, 0, 0, 0, 8),        // this host, this network
    v4(10, 0, 0, 0, 8),       // private
    v4(100, 64, 0, 0, 10),    // shared by carriers; metadata of Alibaba Cloud
    v4(127, 0, 0, 0, 8),      // loopback
    v4(169, 254, 0, 0, 16),   // link-local; metadata of most clouds
    v4(172, 16, 0, 0, 12),    // private
    v4(192, 0, 0, 0, 24),     // protocol assignments; metadata of Oracle Cloud
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 31, 196, 0, 24),  // AS112
    v4(192, 52, 193, 0, 24),  // multicast tunnels
    v4(192, 88, 99, 0, 24),   // relays of 6to4
    v4(192, 168, 0, 0, 16),   // private
    v4(192, 175, 48, 0, 24),  // AS112
    v4(198, 18, 0, 0, 15),    // benchmarks
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 4),      // multicast
    v4(240, 0, 0, 0, 4),      // reserved, broadcast
    v4(168, 63, 129, 16, 32), // Azure's host agent: public by its number alone
];

/// The only part of IPv6 that is given out as public.
const GLOBAL_UNICAST: Ipv6Net = v6([0x2000, 0, 0, 0], 3);
/// Parts of it that are not public.
const NOT_PUBLIC_6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0, 0], 23), // protocol assignments: Teredo, benchmarks, ORCHID
    v6([0x2001, 0x0db8, 0, 0], 32), // documentation
    v6([0x2002, 0, 0, 0], 16), // 6to4: leads to an IPv4 address, and is given up
    v6([0x2620, 0x004f, 0x8000, 0], 48), // AS112
    v6([0x3fff, 0, 0, 0], 20), // documentation
];
/// IPv4 behind a translator, which networks without IPv4 resolve every such site to.
const NAT64: Ipv6Net = v6([0x0064, 0xff9b, 0, 0], 96);

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(head: [u16; 4], length: u8) -> Ipv6Net {
    let [a, b, c, d] = head;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length)
}

/// How far a request may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The public internet, and opened networks.
    Public,
    /// Opened networks alone.
    Opened,
}

/// Decides what may be asked.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    opened: Vec<IpNet>,
}

impl Bounds {
    /// The public internet and these networks.
    pub(super) fn new(opened: Vec<IpNet>) -> Self {
        Self { opened }
    }

    /// How far a request for this address may go; none where there is to be no request at all. An IP address in it is judged here,
    /// in whatever form it is written: the URL standard has made one of them all. A name's addresses are judged when it is resolved.
    pub(super) fn reach_of(&self, url: &Url) -> Option<Reach> {
        let is_plain_web = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        let port = url.port_or_known_default()?;
        let reach = |is_public_name: bool| match is_public_name && WEB_PORTS.contains(&port) {
            true => Some(Reach::Public),
            // Without opened networks nothing is left of it.
            false => (!self.opened.is_empty()).then_some(Reach::Opened),
        };
        if !is_plain_web {
            return None;
        }
        let host = url.host_str()?;
        let number = host.trim_matches(['[', ']']).parse::<IpAddr>();
        match number {
            Ok(address) => reach(true).filter(|reach| self.lets(address, *reach)),
            Err(_) => reach(!is_local_name(host)),
        }
    }

    /// Whether a connection may go to this address.
    pub(super) fn lets(&self, address: IpAddr, reach: Reach) -> bool {
        let address = address.to_canonical();
        let is_opened = || self.opened.iter().any(|network| network.contains(&address));
        (reach == Reach::Public && is_public(address)) || is_opened()
    }
}

fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    // A name of one word is completed by the search list of the machine's resolver.
    !host.contains('.')
        || LOCAL_NAMES.iter().any(|end| {
            host.strip_suffix(end)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOT_PUBLIC.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) if NAT64.contains(&address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(address) => {
            GLOBAL_UNICAST.contains(&address)
                && !NOT_PUBLIC_6
                    .iter()
                    .any(|network| network.contains(&address))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(url: &str, opened: &[&str]) -> Option<Reach> {
        let opened = opened.iter().map(|network| network.parse().unwrap());
        Bounds::new(opened.collect()).reach_of(&Url::parse(url).unwrap())
    }

    #[test]
    fn the_public_internet_may_be_asked() {
        for url in [
            "http://example.org/",
            "https://example.org:8443/",
            "http://1.1.1.1/",
            "http://172.32.0.1/",
            "http://100.128.0.1/",
            "http://[2606:4700::1111]/",
            "http://[::ffff:1.1.1.1]/",
            "http://[64:ff9b::1.1.1.1]/",
            "http://internal.example.org/",
            "http://notlocalhost.example/",
        ] {
            assert_eq!(reach(url, &[]), Some(Reach::Public), "{url}");
        }
    }

    #[test]
    fn what_is_no_page_of_the_public_web_is_not() {
        for url in [
            "ftp://example.org/",
            "file:///etc/passwd",
            "data:text/html,x",
            "http://ada@example.org/",
            "http://:secret@example.org/",
            "http://example.org:22/",
            "http://example.org:6379/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://x.localhost/",
            "http://printer.local/",
            "http://metadata.google.internal/",
            "http://redis/",
        ] {
            assert_eq!(reach(url, &[]), None, "{url}");
        }
    }

    #[test]
    fn an_opened_network_opens_itself_and_no_more() {
        let opened = ["10.1.0.0/16", "fd00:1::/32"];
        for url in [
            "http://10.1.2.3/",
            "http://[::ffff:10.1.2.3]/",
            "http://[fd00:1::7]/",
        ] {
            assert_eq!(reach(url, &opened), Some(Reach::Public), "{url}");
        }
        assert_eq!(reach("http://10.1.2.3:3000/", &opened), Some(Reach::Opened));
        // Who they are shows when they are resolved.
        for url in ["http://wiki.internal/", "http://example.org:3000/"] {
            assert_eq!(reach(url, &opened), Some(Reach::Opened), "{url}");
        }
        for url in [
            "http://10.2.2.3/",
            "http://127.0.0.1/",
            "http://[fd00:2::7]/",
            "http://1.1.1.1:3000/",
        ] {
            assert_eq!(reach(url, &opened), None, "{url}");
        }
        let bounds = Bounds::new(vec!["10.1.0.0/16".parse().unwrap()]);
        assert!(bounds.lets("10.1.0.1".parse().unwrap(), Reach::Opened));
        assert!(!bounds.lets("1.1.1.1".parse().unwrap(), Reach::Opened));
    }
}
