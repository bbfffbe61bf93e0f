//! Ports on loopback.

use std::net::{Ipv4Addr, TcpListener};

/// Below what the system hands out by itself, so that nobody gets a port while what listened there is being restarted.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

/// A port of 127.0.0.1 on which nothing listens, for a program that must come back where it was.
///
/// # Panics
///
/// If every port is taken.
pub fn free() -> u16 {
    let start = u16::try_from(uuid::Uuid::new_v4().as_u128() % u128::from(COUNT))
        .expect("a remainder of a u16 is a u16");
    (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("some port of 127.0.0.1 is free")
}
