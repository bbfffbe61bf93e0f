//! The test's own connection to the database.

use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseKind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use testkit::traces;

/// 17 bytes.
const BROKEN: &str = "ffffffffffffffffffffffffffffffffff";

pub(crate) enum Side {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Side {
    pub(crate) async fn connect(url: &str) -> Self {
        match DatabaseKind::of(&SecretString::from(url)) {
            DatabaseKind::Sqlite => {
                let options: SqliteConnectOptions = url.parse().unwrap();
                let options = options.busy_timeout(Duration::from_secs(5));
                Self::Sqlite(options.connect().await.unwrap())
            }
            DatabaseKind::Postgres => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// Runs SQL that both kinds understand, but for bytes: `{random}` is an ID, and `{broken}` is none and comes after
    /// every ID.
    pub(crate) async fn execute(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => {
                let sql = sql
                    .replace("{random}", "randomblob(16)")
                    .replace("{broken}", &format!("x'{BROKEN}'"));
                let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
                done.map(drop).unwrap();
            }
            Self::Postgres(connection) => {
                let sql = sql
                    .replace("{random}", "uuid_send(gen_random_uuid())")
                    .replace("{broken}", &format!(r"'\x{BROKEN}'"));
                let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
                done.map(drop).unwrap();
            }
        }
    }

    pub(crate) async fn count(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
        }
        .unwrap()
    }

    /// Every table.
    pub(crate) async fn tables(&mut self) -> Vec<String> {
        match self {
            Self::Sqlite(connection) => {
                sqlx::query_scalar("select name from sqlite_schema where type = 'table'")
                    .fetch_all(connection)
                    .await
            }
            Self::Postgres(connection) => {
                sqlx::query_scalar(
                    "select tablename::text from pg_tables where schemaname = 'public'",
                )
                .fetch_all(connection)
                .await
            }
        }
        .unwrap()
    }

    /// Which columns of which tables hold these bytes, whatever tables there are.
    pub(crate) async fn traces(&mut self, bytes: &[u8]) -> Vec<String> {
        let kind = match self {
            Self::Sqlite(_) => DatabaseKind::Sqlite,
            Self::Postgres(_) => DatabaseKind::Postgres,
        };
        let columns = AssertSqlSafe(traces::columns(kind, bytes));
        let columns: Vec<(String, String)> = match self {
            Self::Sqlite(connection) => sqlx::query_as(columns).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_as(columns).fetch_all(connection).await,
        }
        .unwrap();
        assert!(columns.len() > 20, "the catalogue names every column");
        let mut found = Vec::new();
        for (column, rows) in columns {
            if self.count(&rows).await > 0 {
                found.push(column);
            }
        }
        found
    }

    /// Begins a transaction that lets nobody else write members; who reads is not kept waiting.
    pub(crate) async fn hold_writes(&mut self) {
        let hold = match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_) => "begin; lock table member in exclusive mode",
        };
        self.execute(hold).await;
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
        .unwrap();
    }
}
