#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod ancestor;
mod browser;
mod cases;
mod command;
mod erasure;
mod gate;
mod house;
mod manifests;
mod operator;
mod opt_out;
mod proof;
mod push;
mod tidy;
mod webhook;
mod website;
