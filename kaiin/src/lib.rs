#![doc = include_str!("../README.md")]

mod cli;
mod data;
mod demo;
mod gateway;
mod identity;
mod line;
mod ports;
mod push_settings;
mod ready;
mod settings;
mod suite;

pub use cli::Cli;
pub use identity::OperatorRole;
pub use line::RealLine;
pub use ports::Ports;
pub use ready::Ready;
pub use suite::{Data, Line, Plan, Suite};
