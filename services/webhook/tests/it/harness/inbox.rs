//! The inbox from outside, as another process sees it.

use std::time::Duration;

use secrecy::SecretString;
use service_kit::DatabaseKind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use testkit::traces;

use super::record::{BOUND, PAUSE};

pub(crate) enum Inbox {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Inbox {
    pub(crate) async fn open(url: &str) -> Self {
        match DatabaseKind::of(&SecretString::from(url)) {
            DatabaseKind::Sqlite => {
                let options: SqliteConnectOptions = url.parse().unwrap();
                // A test that writes leaves no more behind than the webhook does.
                let options = options
                    .busy_timeout(Duration::from_secs(5))
                    .pragma("secure_delete", "on");
                Self::Sqlite(options.connect().await.unwrap())
            }
            DatabaseKind::Postgres => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    /// Runs SQL that both kinds understand, and says how many rows it concerned.
    pub(crate) async fn execute(&mut self, sql: &str) -> u64 {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => sql.execute(connection).await.unwrap().rows_affected(),
            Self::Postgres(connection) => sql.execute(connection).await.unwrap().rows_affected(),
        }
    }

    /// The one number that a question asks for.
    pub(crate) async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
        }
        .unwrap()
    }

    /// The one piece of bytes that a question asks for.
    pub(crate) async fn bytes(&mut self, sql: &str) -> Vec<u8> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
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
            if self.number(&rows).await > 0 {
                found.push(column);
            }
        }
        found
    }

    /// Comes back once the answer to a question is this.
    pub(crate) async fn wait(&mut self, sql: &str, number: i64) {
        let mut last = None;
        let mut turns = tokio::time::interval(PAUSE);
        let looking = async {
            while last != Some(number) {
                turns.tick().await;
                last = Some(self.number(sql).await);
            }
        };
        let seen = tokio::time::timeout(BOUND, looking).await;
        assert!(seen.is_ok(), "{number} in time, but {last:?}: {sql}");
    }

    /// Lets nobody else write; who reads is not kept waiting.
    pub(crate) async fn hold_writes(&mut self) {
        let hold = match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_) => "begin; lock table event, quarantine, unsent in exclusive mode",
        };
        self.execute(hold).await;
    }

    pub(crate) async fn let_go(&mut self) {
        self.execute("rollback").await;
    }
}
