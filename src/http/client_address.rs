//! Where a request comes from: the address of the other end, or the one that a trusted proxy names; and how its client came.

use std::{
    net::IpAddr,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use super::{problem::Failure, router::Shared};
use crate::{domain::error::Problem, sockets::transport::Connection};

/// Where `belfry doctor` asks.
const VISITOR: &str = "/api/admin/visitor";

/// The proxies before this server whose word on a client's address is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl FromStr for TrustedProxies {
    type Err = ipnet::AddrParseError;

    /// Addresses and networks (`10.0.0.0/8`), comma-separated.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        list.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| match entry.parse::<IpAddr>() {
                Ok(address) => Ok(IpNet::from(address.to_canonical())),
                Err(_) => entry.parse(),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl TrustedProxies {
    /// The client of a request that came from `peer`: if that is a trusted proxy, the right-most address of `X-Forwarded-For` that is
    /// none. What stands left of it was said by somebody who is not trusted.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .map(|line| line.to_str().unwrap_or_default())
            .collect();
        let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        while self.trusts(client)
            && let Some(hop) = hops.next().and_then(address)
        {
            client = hop;
        }
        client
    }

    /// Whether this is one of them.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

/// What is known of the client of a request. Each has one, put there before anything else looks at it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where it is.
    pub address: IpAddr,
    /// Whether a trusted proxy is between.
    pub is_proxied: bool,
    /// Whether it came by https; none where a proxy that is not known may have ended TLS.
    pub https: Option<bool>,
    /// Where it believes to be: a host, with a port if that is not the usual one.
    pub host: Option<String>,
}

impl Client {
    /// Certainly by https.
    pub fn came_by_https(&self) -> bool {
        self.https == Some(true)
    }

    fn of(request: &Request, connection: &Connection, proxies: &TrustedProxies) -> Self {
        let headers = request.headers();
        let peer = connection.peer().ip().to_canonical();
        let is_proxied = proxies.trusts(peer);
        // Of a list, the entry of the first proxy: whoever lies in these only changes what their own browser is told.
        let said = |name: &str| {
            let value = headers.get(name).filter(|_| is_proxied)?.to_str().ok()?;
            let first = value.split(',').next()?.trim();
            (!first.is_empty()).then_some(first)
        };
        let https = match said("x-forwarded-proto") {
            _ if connection.is_secure() => Some(true),
            // Some proxies name websockets apart.
            Some("https" | "wss") => Some(true),
            Some("http" | "ws") => Some(false),
            _ => None,
        };
        let own = || {
            let named = headers.get(header::HOST).map(HeaderValue::to_str);
            match request.uri().authority() {
                Some(authority) => Some(authority.as_str()),
                None => named?.ok(),
            }
        };
        Self {
            address: proxies.client(peer, headers),
            is_proxied,
            https,
            host: said("x-forwarded-host").or_else(own).map(str::to_owned),
        }
    }
}

/// What is remembered of the proxies beside their addresses.
#[derive(Debug)]
pub struct Proxies {
    trusted: TrustedProxies,
    has_warned: AtomicBool,
}

impl Proxies {
    /// Those that are trusted.
    pub fn new(trusted: TrustedProxies) -> Arc<Self> {
        Arc::new(Self {
            trusted,
            has_warned: AtomicBool::new(false),
        })
    }

    /// A proxy nearby that nobody named is most likely a setting that was forgotten. Said once, and not of a `belfry doctor`, which
    /// forges the header there to see what becomes of it.
    fn look_at(&self, peer: IpAddr, path: &str, headers: &HeaderMap) {
        if path != VISITOR
            && self.trusted.are_none()
            && headers.contains_key("x-forwarded-for")
            && is_near(peer.to_canonical())
            && !self.has_warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "TRUSTED_PROXIES: a request from {peer} has X-Forwarded-For, and no proxy is trusted: if that is your proxy, name it, or all \
                 people behind it share one address for every limit"
            );
        }
    }
}

/// The machine itself, or a private network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Finds out who the client of a request is, for all that follows.
pub(super) async fn note_client(
    State(proxies): State<Arc<Proxies>>,
    mut request: Request,
    next: Next,
) -> Response {
    let connection = request.extensions().get::<ConnectInfo<Connection>>();
    if let Some(ConnectInfo(connection)) = connection.cloned() {
        let peer = connection.peer().ip();
        proxies.look_at(peer, request.uri().path(), request.headers());
        let client = Client::of(&request, &connection, &proxies.trusted);
        request.extensions_mut().insert(client);
    }
    next.run(request).await
}

/// An entry of the list; some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let address = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<std::net::SocketAddr>().map(|with| with.ip()))
        .or_else(|_| hop.trim_matches(['[', ']']).parse())
        .ok()?;
    Some(address.to_canonical())
}

/// The client's address.
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<Arc<Shared>> for ClientAddress {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Shared>) -> Result<Self, Failure> {
        let client = parts.extensions.get::<Client>().ok_or_else(|| {
            tracing::error!("a request without a client");
            Problem::internal()
        })?;
        Ok(Self(client.address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn client(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        }
        let peer = peer.parse().unwrap();
        proxies.client(peer, &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let said = ["203.0.113.9"];
        assert_eq!(client("", "192.0.2.1", &said), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "192.0.2.1", &said), "192.0.2.1");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &said), "203.0.113.9");
        assert_eq!(
            client("10.0.0.0/8", "::ffff:10.1.2.3", &said),
            "203.0.113.9"
        );
        assert_eq!(client("10.1.2.3, ::1", "::1", &said), "203.0.113.9");
    }

    #[test]
    fn what_the_client_said_itself_is_not_believed() {
        let proxies = "10.0.0.0/8, 2001:db8::/32";
        for said in [
            &["6.6.6.6, 203.0.113.9"][..],
            &["6.6.6.6", "203.0.113.9"],
            &["6.6.6.6, 203.0.113.9, 10.0.0.7, 2001:db8::1"],
            &["6.6.6.6, 203.0.113.9:4711"],
            &["10.0.0.1, 203.0.113.9,10.0.0.7"],
        ] {
            assert_eq!(client(proxies, "10.0.0.1", said), "203.0.113.9", "{said:?}");
        }
    }

    #[test]
    fn where_the_list_ends_or_makes_no_sense_the_last_proxy_is_the_client() {
        let proxies = "10.0.0.0/8";
        assert_eq!(client(proxies, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client(proxies, "10.0.0.1", &["10.0.0.2"]), "10.0.0.2");
        for nonsense in ["", "unknown", "6.6.6.6, _hidden", "203.0.113.9, "] {
            assert_eq!(client(proxies, "10.0.0.1", &[nonsense]), "10.0.0.1");
        }
    }

    #[test]
    fn a_list_of_proxies_holds_addresses_and_networks() {
        assert!("".parse::<TrustedProxies>().is_ok());
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0.1;10.0.0.2"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }
}
