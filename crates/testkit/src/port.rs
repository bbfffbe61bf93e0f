//! Ports on loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Mutex, PoisonError};

/// Below what the system hands out by itself, so that nobody gets a port while what listened there is being restarted.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

/// The last one that was given.
static LAST: Mutex<Option<u16>> = Mutex::new(None);

/// A port of 127.0.0.1 on which nothing listens, for a program that must come back where it was. No test is given one twice
/// before it has been given all: it may be meant for an address of which nothing is seen here.
///
/// # Panics
///
/// If every port is taken.
pub fn free() -> u16 {
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let start = match *last {
        Some(last) => last - FIRST + 1,
        None => u16::try_from(uuid::Uuid::new_v4().as_u128() % u128::from(COUNT))
            .expect("a remainder of a u16 is a u16"),
    };
    let port = (0..COUNT)
        .map(|step| FIRST + (start + step) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("some port of 127.0.0.1 is free");
    *last = Some(port);
    port
}
