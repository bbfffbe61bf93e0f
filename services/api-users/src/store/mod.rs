//! Where members are kept. Its methods own their transactions; what is SQL stays inside.

mod audience;
mod document;
mod either;
mod feed;
mod import;
mod postgres;
mod registration;
mod sqlite;
mod statement;

use std::time::Duration;

pub(crate) use audience::AudiencePage;
pub(crate) use either::Store;
pub(crate) use registration::{Newcomer, Outcome};

/// How long an erasure is remembered. LINE redelivers for hours and logins last minutes; backups are the reason.
const TOMBSTONE_LIFE: Duration = Duration::from_hours(31 * 24);

/// How long the feed tells of a change; who was away for longer starts anew.
const CHANGE_LIFE: Duration = TOMBSTONE_LIFE;

/// How long it is remembered who asked for what.
const AUDIT_LIFE: Duration = Duration::from_hours(366 * 24);

/// What erasures left in the files is cleared away once in this time at most: it means work on the whole of them.
const REBUILD_INTERVAL: Duration = Duration::from_hours(24);
