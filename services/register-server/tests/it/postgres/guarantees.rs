//! What a commit must mean there.

use std::path::Path;
use std::time::Instant;

use register_server::{App, Config};
use service_kit::Profile;
use testkit::Database;
use testkit::postgres::{Durability, Server, query};

use crate::config::{good, refused};

fn in_production(folder: &Path, database: &Database) -> Config {
    let mut config = good(folder, database);
    config.profile = Profile::Production;
    config.line_api_base = "https://api.line.test".parse().unwrap();
    config.line_access_base = "https://access.line.test".parse().unwrap();
    config
}

/// Changes a setting of the server, and waits until new sessions have it.
fn set(server: &Server, name: &str, value: &str) {
    server.set(name, value).unwrap();
    let begin = Instant::now();
    while query(&server.url(), &format!("show {name}")).unwrap() != value {
        assert!(begin.elapsed().as_secs() < 10, "{name} stays as it is");
    }
}

#[tokio::test]
async fn o07_production_refuses_a_server_that_may_forget() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Durability::Durable).unwrap();
    let database = server.fresh_database().unwrap();
    let config = in_production(folder.path(), &database);
    App::build(config.clone()).await.unwrap();
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        set(&server, name, "off");
        let error = refused(config.clone()).await;
        assert!(error.contains(&format!("{name} = off")), "{error}");
        let mut lenient = config.clone();
        lenient.profile = Profile::Dev;
        App::build(lenient).await.unwrap();
        set(&server, name, "on");
    }
    // It may be the database's, or the user's, and not the server's.
    let name = database.url().rsplit_once('/').unwrap().1.to_owned();
    let spoil = format!("alter database {name} set synchronous_commit = off");
    query(&server.url(), &spoil).unwrap();
    let error = refused(config).await;
    assert!(error.contains("synchronous_commit = off"), "{error}");
}
