//! Where a request comes from: the address of the other end, or the one that a trusted proxy names.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

use super::{problem::Failure, router::Shared};
use crate::{domain::error::Problem, sockets::transport::Connection};

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

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
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

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Failure> {
        let connection = parts.extensions.get::<ConnectInfo<Connection>>();
        let peer = connection.map(|info| info.0.peer().ip()).ok_or_else(|| {
            tracing::error!("a request without a connection");
            Problem::internal()
        })?;
        Ok(Self(shared.proxies.client(peer, &parts.headers)))
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
