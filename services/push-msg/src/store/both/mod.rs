//! What SQLite and PostgreSQL are told alike. It stands here once, and each of them compiles it for its own [`Ledger`]: sqlx
//! has no other name for "either" that knows their types.

mod batch;
mod forget;
mod freeze;
mod look;
mod occurrence;
mod operate;
mod pieces;
mod plan;
mod prune;
mod quota;
mod recipient;
mod restore;

use super::insert::insert_batches;
use super::{Database, Ledger, lock_channel, lock_occurrence, members};
