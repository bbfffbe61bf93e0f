//! A database of one's own, of the kind that this run of the tests is about.

use std::sync::OnceLock;

use service_kit::DatabaseKind;
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;

use crate::postgres::{self, Durability, Server};

/// The kind of database that this run is about: `TEST_DATABASE`, which is `sqlite` (the default) or `postgres`.
///
/// # Panics
///
/// If it is something else.
pub fn kind() -> DatabaseKind {
    match std::env::var_os("TEST_DATABASE") {
        None => DatabaseKind::Sqlite,
        Some(kind) if kind == "sqlite" => DatabaseKind::Sqlite,
        Some(kind) if kind == "postgres" => DatabaseKind::Postgres,
        Some(kind) => panic!(
            "TEST_DATABASE is {}; it must be sqlite or postgres",
            kind.display()
        ),
    }
}

/// An empty database that nobody else uses. It goes when this is dropped.
#[derive(Debug)]
pub struct Database(Place);

#[derive(Debug)]
enum Place {
    /// A file in a folder of its own.
    Folder(TempDir),
    /// A name on the server at `admin`.
    Server { admin: Url, name: String },
}

impl Database {
    /// A database of the run's [`kind`]. One of PostgreSQL is made on the server at `TEST_POSTGRES_URL` (an address
    /// that may create databases), or on a server that this process starts for all its tests.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    pub fn fresh() -> Self {
        match kind() {
            DatabaseKind::Sqlite => Self::sqlite(),
            DatabaseKind::Postgres => Self::on(&shared_server())
                .unwrap_or_else(|error| panic!("no database for this test: {error:#}")),
        }
    }

    /// A file in a folder of its own. The file is made by whoever opens it first.
    ///
    /// # Panics
    ///
    /// If the folder cannot be made.
    pub fn sqlite() -> Self {
        Self(Place::Folder(
            tempfile::tempdir().expect("a temporary folder can be made"),
        ))
    }

    /// A database of the PostgreSQL server at `admin`.
    pub(crate) fn on(admin: &str) -> anyhow::Result<Self> {
        let name = format!("test_{}", Uuid::new_v4().simple());
        // Nobody connects to template0, so that it is always free to be copied.
        postgres::query(admin, &format!("create database {name} template template0"))?;
        let admin = Url::parse(admin)?;
        Ok(Self(Place::Server { admin, name }))
    }

    /// Its address, as `DATABASE_URL` takes it.
    pub fn url(&self) -> String {
        match &self.0 {
            Place::Folder(folder) => format!("sqlite://{}/test.db", folder.path().display()),
            Place::Server { admin, name } => {
                let mut url = admin.clone();
                url.set_path(name);
                url.into()
            }
        }
    }

    /// Its kind.
    pub fn kind(&self) -> DatabaseKind {
        match self.0 {
            Place::Folder(_) => DatabaseKind::Sqlite,
            Place::Server { .. } => DatabaseKind::Postgres,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server { admin, name } = &self.0 {
            // The server may have been killed by the test: then there is nothing to tidy.
            let _ = postgres::query(
                admin.as_str(),
                &format!("drop database if exists {name} with (force)"),
            );
        }
    }
}

/// The address of the server that all tests of this process share.
fn shared_server() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    if let Some(url) = std::env::var_os("TEST_POSTGRES_URL") {
        return url.to_string_lossy().into_owned();
    }
    SERVER
        .get_or_init(|| {
            Server::start(Durability::Fast)
                .unwrap_or_else(|error| panic!("no PostgreSQL server for the tests: {error:#}"))
        })
        .url()
}
