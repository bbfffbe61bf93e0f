//! Who is asking, as far as an address says it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;

/// Each proxy adds whom it has the request from, at the end; what stands before that is hearsay.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request comes from: one address of IPv4, or of IPv6 the network that one household has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(IpAddr);

impl Client {
    fn at(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Ipv6Addr::from(network).into()
            }
        })
    }
}

/// The client, if it is known: whoever the last proxy that we trust had the request from. Nobody else is believed, and
/// somebody in the proxies' own networks may stand for many.
pub(crate) fn of(
    proxies: &[IpNet],
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Option<Client> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let named = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    std::iter::once(Some(peer.ip()))
        .chain(named.map(address))
        .map(|address| address.map(|address| address.to_canonical()))
        .find(|address| address.is_none_or(|address| !is_proxy(&address)))
        .flatten()
        .map(Client::at)
}

/// An address, which some proxies write with a port.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse()
        .ok()
        .or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, forwarded: &[&str]) -> Option<String> {
        let proxies = ["10.0.0.0/8", "127.0.0.0/8", "fc00::/7"].map(|net| net.parse().unwrap());
        let mut extensions = Extensions::new();
        let peer: IpAddr = peer.parse().unwrap();
        extensions.insert(ConnectInfo(SocketAddr::new(peer, 1234)));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        of(&proxies, &extensions, &headers).map(|Client(address)| address.to_string())
    }

    #[test]
    fn l31_the_last_address_that_no_proxy_of_ours_has_is_the_client() {
        for (peer, forwarded, expected) in [
            // Straight from outside: nothing it says about itself counts.
            ("203.0.113.7", &[][..], Some("203.0.113.7")),
            ("203.0.113.7", &["198.51.100.1"], Some("203.0.113.7")),
            // By way of proxies.
            ("10.0.0.1", &["203.0.113.7"], Some("203.0.113.7")),
            (
                "10.0.0.1",
                &["198.51.100.1, 203.0.113.7"],
                Some("203.0.113.7"),
            ),
            (
                "10.0.0.1",
                &["198.51.100.1", "203.0.113.7, 10.0.0.2"],
                Some("203.0.113.7"),
            ),
            ("10.0.0.1", &["203.0.113.7:4711"], Some("203.0.113.7")),
            (
                "::ffff:10.0.0.1",
                &["::ffff:203.0.113.7"],
                Some("203.0.113.7"),
            ),
            ("fd00::1", &["2001:db8:1:2:3:4:5:6"], Some("2001:db8:1:2::")),
            ("fd00::1", &["[2001:db8:1:2::9]"], Some("2001:db8:1:2::")),
            (
                "fd00::1",
                &["[2001:db8:1:2::9]:443"],
                Some("2001:db8:1:2::"),
            ),
            // Not known.
            ("10.0.0.1", &[], None),
            ("10.0.0.1", &["10.1.1.1, 127.0.0.1"], None),
            ("10.0.0.1", &["203.0.113.7, unknown"], None),
            ("10.0.0.1", &["203.0.113.7,"], None),
        ] {
            assert_eq!(
                found(peer, forwarded).as_deref(),
                expected,
                "{peer} {forwarded:?}"
            );
        }
    }
}
