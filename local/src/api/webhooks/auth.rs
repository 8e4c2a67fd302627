//! Whose requests a webhook believes.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::definition::{Authentication, Configuration, Definition};

/// Addresses with a common beginning.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// `192.0.2.0/24`, or one address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).ok()?;
        (bits <= most).then_some(Self { address, bits })
    }

    fn contains(&self, other: IpAddr) -> bool {
        let beginning = |bits: u128, of: u32| bits.checked_shr(of - self.bits).unwrap_or(0);
        match (self.address, other) {
            (IpAddr::V4(ours), IpAddr::V4(other)) => {
                beginning(ours.to_bits().into(), 32) == beginning(other.to_bits().into(), 32)
            }
            (IpAddr::V6(ours), IpAddr::V6(other)) => beginning(ours.to_bits(), 128) == beginning(other.to_bits(), 128),
            _ => false,
        }
    }
}

/// Whether the request comes from whom the webhook expects. Nothing here listens beyond loopback, so whoever sends it is at
/// that address.
pub(super) fn is_believed(definition: &Definition, headers: &HeaderMap, body: &[u8]) -> bool {
    let Configuration { allowed_ip_range, secret_token } = &definition.authentication_configuration;
    match definition.authentication {
        Authentication::Unauthenticated => true,
        Authentication::Ip => allowed_ip_range
            .as_deref()
            .and_then(Network::parse)
            .is_some_and(|network| network.contains(Ipv4Addr::LOCALHOST.into())),
        Authentication::GithubHmac => {
            secret_token.as_ref().is_some_and(|secret| is_signed(secret.0.as_bytes(), headers, body))
        }
    }
}

/// GitHub signs twice; where the better signature is given, it decides.
fn is_signed(secret: &[u8], headers: &HeaderMap, body: &[u8]) -> bool {
    let given = |header: &str| headers.get(header).map(|value| value.to_str().unwrap_or_default());
    match (given("x-hub-signature-256"), given("x-hub-signature")) {
        (Some(signature), _) => fits::<Hmac<Sha256>>(secret, body, signature.strip_prefix("sha256=")),
        (None, Some(signature)) => fits::<Hmac<Sha1>>(secret, body, signature.strip_prefix("sha1=")),
        (None, None) => false,
    }
}

fn fits<M: Mac + KeyInit>(secret: &[u8], body: &[u8], signature: Option<&str>) -> bool {
    let Some(signature) = signature.and_then(bytes) else { return false };
    M::new_from_slice(secret).is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok())
}

/// The bytes that the hexadecimal digits stand for.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some((digit(*high)? << 4) | digit(*low)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_the_addresses_that_begin_as_it_does() {
        let contains =
            |network: &str| Network::parse(network).map(|network| network.contains(Ipv4Addr::LOCALHOST.into()));
        for network in ["127.0.0.1", "127.0.0.1/32", "127.0.0.0/8", "0.0.0.0/0", "127.0.0.0/31"] {
            assert_eq!(contains(network), Some(true), "{network}");
        }
        for network in ["127.0.0.2", "127.0.0.0/32", "10.0.0.0/8", "::1", "::/0", "127.0.0.2/31"] {
            assert_eq!(contains(network), Some(false), "{network}");
        }
        for network in ["", "localhost", "127.0.0.1/33", "127.0.0.1/", "::1/129", "127.0.0.1/-1", "127.0.0.1/8/8"] {
            assert_eq!(contains(network), None, "{network}");
        }
    }

    #[test]
    fn a_signature_is_that_of_the_body_and_the_secret() {
        // GitHub's own example of a signature.
        let sha256 = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        let signed = |header: &'static str, signature: &str, body: &[u8]| {
            let headers = HeaderMap::from_iter([(header.parse().unwrap(), signature.parse().unwrap())]);
            is_signed(b"It's a Secret to Everybody", &headers, body)
        };
        assert!(signed("x-hub-signature-256", sha256, b"Hello, World!"));
        assert!(!signed("x-hub-signature-256", sha256, b"Hello, World"));
        assert!(!signed("x-hub-signature", sha256, b"Hello, World!"));
        let cut = &sha256[..sha256.len() - 1];
        for wrong in ["", "sha256=", cut, &sha256[..sha256.len() - 2], "sha256=zz", &sha256["sha256=".len()..]] {
            assert!(!signed("x-hub-signature-256", wrong, b"Hello, World!"), "{wrong}");
        }
        assert!(!is_signed(b"", &HeaderMap::new(), b""));
    }
}
