//! What is true of a server that replicas share.

mod guarantees;
mod migrations;
mod outage;
mod races;
mod replicas;
mod round_robin;
