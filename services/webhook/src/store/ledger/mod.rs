//! The inbox as an operator sees it: opened for a moment, beside whoever serves it.

/// Runs the same SQL on either database; their connections are of two types.
macro_rules! on_either {
    ($ledger:expr, $connection:ident => $run:expr) => {
        match $ledger {
            Ledger::Sqlite($connection) => $run,
            Ledger::Postgres($connection) => $run,
        }
    };
}

mod change;
mod entry;
mod open;
mod search;

use sqlx::{PgConnection, SqliteConnection};

pub(crate) use change::{Change, Refusal};
pub(crate) use entry::{Entry, Kept};
pub(crate) use search::{Filter, PAGE, Selection};

/// A connection to the inbox that holds no lock. It never migrates.
pub(crate) enum Ledger {
    /// To a file that somebody may be serving.
    Sqlite(SqliteConnection),
    /// To a server.
    Postgres(PgConnection),
}

impl Ledger {
    /// Lets go of the inbox.
    pub(crate) async fn close(self) -> Result<(), sqlx::Error> {
        use sqlx::Connection as _;
        on_either!(self, connection => connection.close().await)
    }
}
