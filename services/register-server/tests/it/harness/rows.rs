use register_server::Config;
use secrecy::ExposeSecret as _;
use service_kit::DatabaseKind;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// The store, seen beside the service, by SQL that both kinds of database understand.
pub(crate) enum Rows {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Rows {
    pub(crate) async fn of(config: &Config) -> Self {
        let url = config.database.url().unwrap();
        let address = url.expose_secret();
        match DatabaseKind::of(&url) {
            DatabaseKind::Sqlite => Self::Sqlite(SqliteConnection::connect(address).await.unwrap()),
            DatabaseKind::Postgres => Self::Postgres(PgConnection::connect(address).await.unwrap()),
        }
    }

    pub(crate) async fn run(&mut self, sql: &str) {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(connection) => sql.execute(connection).await.map(drop),
            Self::Postgres(connection) => sql.execute(connection).await.map(drop),
        }
        .unwrap();
    }

    pub(crate) async fn number(&mut self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
        }
        .unwrap()
    }

    /// How many rows `table` has.
    pub(crate) async fn count(&mut self, table: &str) -> i64 {
        self.number(&format!("select count(*) from {table}")).await
    }

    /// What stands in one column.
    pub(crate) async fn bytes(&mut self, sql: &str) -> Vec<Vec<u8>> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
        }
        .unwrap()
    }

    /// Writes down that somebody is leaving, as another tab or a process that died would have.
    pub(crate) async fn note_leaving(&mut self, luid: &str, is_marked: bool, due_at: i64) {
        self.run(&format!(
            "insert into leaving (luid, asked_at, marked, due_at)
             values ('{luid}', 0, {is_marked}, {due_at})"
        ))
        .await;
    }
}
