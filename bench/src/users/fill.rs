//! Puts members straight into the tables, for it is not their registration that is measured.

use std::str::FromStr as _;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Clock;
use service_kit::database::DatabaseKind;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};

use super::rows::{Dialect, Rows};
use crate::say;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where: tables that api-users has made, and that nobody serves now.
    #[arg(long)]
    database: SecretString,

    /// How many, numbered from 0.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
}

/// So many at once.
const GROUP: u64 = 50_000;

enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let mut connection = Connection::open(&options.database)
        .await
        .context("cannot open the database")?;
    let rows = Rows {
        dialect: connection.dialect(),
        count: options.count,
        now: Clock::system().now(),
    };
    fill(&mut connection, &rows).await?;
    connection.settle().await
}

async fn fill(connection: &mut Connection, rows: &Rows) -> anyhow::Result<()> {
    let mut from = 0;
    while from < rows.count {
        let until = rows.count.min(from + GROUP);
        connection.execute("begin".into()).await?;
        for statement in rows.statements(from, until) {
            connection.execute(statement).await?;
        }
        connection.execute("commit".into()).await?;
        say(&format!("    {until} of {} members", rows.count));
        from = until;
    }
    Ok(())
}

impl Connection {
    /// A session that may be hasty: what it has not finished is of no use to anybody.
    async fn open(url: &SecretString) -> sqlx::Result<Self> {
        let url = url.expose_secret();
        match DatabaseKind::of(&SecretString::from(url)) {
            DatabaseKind::Sqlite => {
                let options = SqliteConnectOptions::from_str(url)?
                    .foreign_keys(false)
                    .pragma("synchronous", "off")
                    .pragma("cache_size", "-200000");
                Ok(Self::Sqlite(options.connect().await?))
            }
            DatabaseKind::Postgres => {
                let mut connection = Self::Postgres(PgConnection::connect(url).await?);
                let hasty = "set synchronous_commit = off";
                connection.execute(hasty.into()).await?;
                Ok(connection)
            }
        }
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    async fn execute(&mut self, sql: String) -> sqlx::Result<()> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(connection) => sql.execute(connection).await.map(|_| ()),
            Self::Postgres(connection) => sql.execute(connection).await.map(|_| ()),
        }
    }

    /// Leaves the tables as they are after a while: counted, tidied and on the disk.
    async fn settle(mut self) -> anyhow::Result<()> {
        let chores: &[&str] = match self {
            Self::Sqlite(_) => &[
                "analyze",
                "pragma synchronous = full",
                "pragma wal_checkpoint(truncate)",
            ],
            Self::Postgres(_) => &["vacuum analyze", "checkpoint"],
        };
        for chore in chores {
            self.execute((*chore).into()).await?;
        }
        match self {
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use service_kit::Timestamp;

    use super::*;
    use crate::users::luid;

    #[tokio::test]
    async fn numbers_are_the_same_people_in_sql() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let rows = Rows {
            dialect: Dialect::Sqlite,
            count: 10_000_000,
            now: Timestamp::from_seconds(1_790_000_000),
        };
        for first in [0, 4_095, 999_999] {
            let sql = format!("{} select luid from person", rows.people(first, first + 2));
            let seen: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            assert_eq!(seen, [luid(first), luid(first + 1)]);
        }
    }
}
