//! What a server says that it sees of a visitor, judged.

use std::net::IpAddr;

use reqwest::Url;
use serde_json::Value;

use crate::ports::checkup::Check;

/// An address of the documents' own, which nobody comes from (RFC 5737).
pub(super) const FORGED: &str = "203.0.113.66";

/// Whether strangers may come by that address: its host is no address of a private network, and no name that only one network knows.
pub(super) fn is_for_the_world(base: &Url) -> bool {
    let Some(host) = base.host_str() else {
        return false;
    };
    if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
        return !is_near(ip);
    }
    let inside = ["localhost", "local", "internal", "lan", "arpa", "test"];
    let last = host.trim_end_matches('.').rsplit_once('.');
    last.is_some_and(|(_, last)| !inside.contains(&last))
}

/// The machine itself, or a private network.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Whoever visits from the proxy's own machine comes from the proxy's own address: what the server makes of that says little of others.
pub(super) fn beside_the_proxy(said: &Value, trusts: impl Fn(IpAddr) -> bool) -> Option<Check> {
    let peer = said["peer"].as_str()?;
    let hops = said["forwardedFor"].as_array()?.last()?.as_str()?;
    let last = hops.rsplit(',').next()?.trim();
    let is_trusted = said["address"] == FORGED || trusts(peer.parse().ok()?);
    (last == peer && is_trusted).then(|| {
        Check::skipped(
            "client address",
            format!(
                "not looked at: this machine's address, {peer}, cannot be told apart from the proxy's own; look from another one"
            ),
        )
    })
}

/// What `/api/admin/visitor` says of a visitor who claimed to be somebody else, and came by an address that is for the world or not.
pub(super) fn judge(said: &Value, for_the_world: bool) -> Check {
    let name = "client address";
    let word = |field: &str| said[field].as_str().unwrap_or_default().to_owned();
    let (address, peer) = (word("address"), word("peer"));
    let hops: Vec<&str> = said["forwardedFor"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    if address == FORGED {
        return Check::fail(
            name,
            format!("the server believes a forged X-Forwarded-For (it came from {peer})"),
            "have the proxy say itself where people come from (nginx: proxy_set_header X-Forwarded-For $remote_addr), and name only proxies in TRUSTED_PROXIES",
        );
    }
    let others = hops.iter().any(|hop| *hop != FORGED);
    if address == peer && others {
        return Check::fail(
            name,
            format!("all people seem to come from {peer}, the proxy, and share its limits"),
            format!("put {peer}, or its network, into TRUSTED_PROXIES on every server"),
        );
    }
    if address == peer && hops.is_empty() {
        return Check::warn(
            name,
            format!("the server sees {peer} and no X-Forwarded-For"),
            "have the proxy set X-Forwarded-For, and name it in TRUSTED_PROXIES: limits go by the client's address",
        );
    }
    if for_the_world && address.parse().is_ok_and(is_near) {
        return Check::warn(
            name,
            format!(
                "the server sees {address}, an address of a private network: that may be a proxy, which all people would share"
            ),
            "all is well if this machine is on that network; otherwise have each proxy take the client's address from the one before it \
             (nginx: set_real_ip_from and real_ip_header; deploy/nginx/nginx.conf has them), and name the last in TRUSTED_PROXIES",
        );
    }
    Check::ok(name, format!("the server sees {address}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ports::checkup::Level;

    #[test]
    fn what_a_server_sees_of_a_visitor_is_judged() {
        let of = |address: &str, peer: &str, forwarded: &[&str]| {
            let said = json!({ "address": address, "peer": peer, "forwardedFor": forwarded });
            judge(&said, false).level
        };
        assert_eq!(of(FORGED, "10.0.0.1", &[FORGED]), Level::Fail);
        assert_eq!(
            of("10.0.0.1", "10.0.0.1", &["203.0.113.66, 192.0.2.7"]),
            Level::Fail
        );
        assert_eq!(of("10.0.0.1", "10.0.0.1", &[]), Level::Warn);
        assert_eq!(
            of("192.0.2.7", "10.0.0.1", &["203.0.113.66, 192.0.2.7"]),
            Level::Ok
        );
        // From the proxy's own machine: trusted with its word, and trusted with nothing.
        let beside = |address: &str, forwarded: &str, trusts: bool| {
            let said =
                json!({ "address": address, "peer": "127.0.0.1", "forwardedFor": [forwarded] });
            beside_the_proxy(&said, |_| trusts).is_some()
        };
        assert!(beside("127.0.0.1", "127.0.0.1", true));
        assert!(beside(FORGED, "203.0.113.66, 127.0.0.1", false));
        assert!(!beside("127.0.0.1", "203.0.113.66, 127.0.0.1", false));
        assert!(!beside(FORGED, FORGED, true));
        assert!(!beside("192.0.2.7", "192.0.2.7", true));
        // Nothing between us: the server sees who came, and does not believe the claim.
        assert_eq!(of("192.0.2.7", "192.0.2.7", &[FORGED]), Level::Ok);
    }

    #[test]
    fn who_comes_by_an_address_for_the_world_and_seems_to_be_near_may_be_a_proxy() {
        let through = |base: &str, address: &str| {
            let said = json!({ "address": address, "peer": "10.0.0.1", "forwardedFor": [address] });
            judge(&said, is_for_the_world(&base.parse().unwrap())).level
        };
        for near in ["172.18.0.1", "127.0.0.1", "::1", "fd00::1", "192.168.1.4"] {
            assert_eq!(through("https://chat.example.org", near), Level::Warn);
            assert_eq!(through("https://192.0.2.80:8443", near), Level::Warn);
            for inside in [
                "http://localhost:8080",
                "http://127.0.0.1:8080",
                "https://[fd00::2]",
                "https://192.168.1.9",
                "https://chat",
                "https://chat.lan",
            ] {
                assert_eq!(through(inside, near), Level::Ok, "{inside}");
            }
        }
        assert_eq!(through("https://chat.example.org", "192.0.2.7"), Level::Ok);
    }
}
