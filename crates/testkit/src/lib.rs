#![doc = include_str!("../README.md")]

pub mod browser;
pub mod database;
pub mod fault_proxy;
pub mod log;
pub mod network;
pub mod people;
pub mod port;
pub mod postgres;
pub mod process;
pub mod seed;
pub mod strace;
pub mod tier;
pub mod tls;
pub mod traces;

pub use database::Database;
pub use fault_proxy::FaultProxy;
pub use network::Network;
