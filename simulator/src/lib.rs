#![doc = include_str!("../README.md")]

mod app;
mod clock;
mod config;
mod control;
mod gate;
mod html;
mod ids;
mod login;
mod messaging;
mod page;
mod simulator;
mod webhook;
mod world;

pub use config::{Config, Credentials};
pub use simulator::{Line, Simulator};
