//! The inbox, looked at from outside.

use std::collections::HashMap;

use service_kit::DatabaseKind;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use testkit::{Database, postgres};

use super::event::{self, Number};

/// Columns in one text, which both kinds of database can make.
const ROWS: &str =
    "select event_key || ' ' || state || ' ' || coalesce(reply, '-') || ' ' || attempt from event";
const PENDING: &str = "select '' || count(*) from event where state = 'pending'";

/// What the inbox says of an event.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) state: String,
    pub(super) reply: String,
    pub(super) attempt: u32,
}

/// Where the inbox is.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    url: String,
    kind: DatabaseKind,
}

impl Inbox {
    pub(super) fn of(database: &Database) -> Self {
        Self::at(&database.url())
    }

    pub(super) fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            kind: DatabaseKind::of(&url.into()),
        }
    }

    /// All rows, by event: one each, if all is well.
    pub(super) async fn rows(&self) -> HashMap<String, Vec<Row>> {
        let mut rows: HashMap<String, Vec<Row>> = HashMap::new();
        for line in self.ask(ROWS).await {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap().to_owned();
            let key = word();
            rows.entry(key).or_default().push(Row {
                state: word(),
                reply: word(),
                attempt: word().parse().unwrap(),
            });
        }
        rows
    }

    /// The one row of an event.
    pub(super) async fn row(&self, number: Number) -> Option<Row> {
        let rows = self.rows().await.remove(&event::key(number))?;
        assert_eq!(rows.len(), 1, "event {number} is there once");
        rows.into_iter().next()
    }

    /// How many events are to be acted on.
    pub(super) async fn pending(&self) -> usize {
        self.ask(PENDING).await[0].parse().unwrap()
    }

    async fn ask(&self, question: &'static str) -> Vec<String> {
        match self.kind {
            DatabaseKind::Sqlite => {
                let path = self.url.trim_start_matches("sqlite://");
                let options = SqliteConnectOptions::new().filename(path);
                let mut connection = options.connect().await.unwrap();
                let answer = sqlx::query_scalar(question)
                    .fetch_all(&mut connection)
                    .await;
                connection.close().await.unwrap();
                answer.unwrap()
            }
            DatabaseKind::Postgres => {
                let url = self.url.clone();
                let ask = move || postgres::query(&url, question);
                let answer = tokio::task::spawn_blocking(ask).await.unwrap().unwrap();
                answer.lines().map(str::to_owned).collect()
            }
        }
    }
}
