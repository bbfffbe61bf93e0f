//! Where members are kept. Its methods own their transactions; what is SQL stays inside.

mod sqlite;

use std::time::Duration;

pub(crate) use sqlite::SqliteStore as Store;

/// How long an erasure is remembered. LINE redelivers for hours and logins last minutes; backups are the reason.
const TOMBSTONE_LIFE: Duration = Duration::from_hours(31 * 24);
