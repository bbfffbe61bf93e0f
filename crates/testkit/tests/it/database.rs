//! Databases of one's own, and servers that are killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use service_kit::DatabaseKind;
use testkit::Database;
use testkit::postgres::{Durability, Server, query};

#[test]
fn a_fresh_database_is_of_the_kind_that_the_run_is_about() {
    let database = Database::fresh();
    let kind = testkit::database::kind();
    assert_eq!(database.kind(), kind);
    assert_eq!(DatabaseKind::of(&database.url().into()), kind);
}

#[test]
fn a_fresh_database_is_its_own_and_goes_when_dropped() {
    let server = Server::start(Durability::Fast).unwrap();
    let (one, other) = (
        server.fresh_database().unwrap(),
        server.fresh_database().unwrap(),
    );
    query(&one.url(), "create table mark (n int)").unwrap();
    let tables = "select count(*) from pg_tables where tablename = 'mark'";
    assert_eq!(query(&one.url(), tables).unwrap(), "1");
    assert_eq!(query(&other.url(), tables).unwrap(), "0");
    drop((one, other));
    let left = "select count(*) from pg_database where datname like 'test\\_%'";
    assert_eq!(query(&server.url(), left).unwrap(), "0");
}

#[test]
fn a_killed_server_comes_back_with_what_was_committed() {
    let mut server = Server::start(Durability::Durable).unwrap();
    for guarantee in service_kit::database::POSTGRES_GUARANTEES {
        assert_eq!(
            query(&server.url(), &format!("show {guarantee}")).unwrap(),
            "on"
        );
    }
    let database = server.fresh_database().unwrap();
    query(&database.url(), "create table mark as select 7 as n").unwrap();
    server.kill_9();
    assert!(query(&database.url(), "select n from mark").is_err());
    server.start_again().unwrap();
    assert_eq!(query(&database.url(), "select n from mark").unwrap(), "7");
}

#[test]
fn a_standby_has_what_was_committed_and_takes_over() {
    let mut primary = Server::start(Durability::Fast).unwrap();
    let standby = Server::standby_of(&primary).unwrap();
    primary.set("synchronous_standby_names", "*").unwrap();
    query(
        &primary.url(),
        "set synchronous_commit = remote_apply; create table mark as select 7 as n",
    )
    .unwrap();
    primary.kill_9();
    assert_eq!(query(&standby.url(), "select n from mark").unwrap(), "7");
    standby.promote().unwrap();
    query(&standby.url(), "insert into mark values (8)").unwrap();
}

#[test]
fn a_setting_that_is_none_is_quoted() {
    let error = Server::with(Durability::Fast, &[("no_such_setting", "on")]).unwrap_err();
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

#[test]
fn nothing_is_left_of_a_server() {
    let server = Server::start(Durability::Fast).unwrap();
    let folder = query(&server.url(), "show data_directory").unwrap();
    assert!(Path::new(&folder).exists());
    drop(server);
    assert!(!Path::new(&folder).exists());
}

#[test]
#[ignore = "waits to be killed by the test below"]
fn a_test_that_never_ends() {
    let server = Server::start(Durability::Fast).unwrap();
    let folder = query(&server.url(), "show data_directory").unwrap();
    println!("folder {folder}");
    query(&server.url(), "select pg_sleep(60)").unwrap();
}

#[test]
fn a_server_goes_with_its_test_even_if_that_is_killed() {
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "database::a_test_that_never_ends"])
        .arg("--nocapture")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let folder = BufReader::new(test.stdout.take().unwrap())
        .lines()
        .find_map(|line| Some(line.unwrap().strip_prefix("folder ")?.to_owned()))
        .unwrap();
    assert!(Path::new(&folder).exists());
    test.kill().unwrap();
    test.wait().unwrap();
    let killed = Instant::now();
    while Path::new(&folder).exists() {
        assert!(killed.elapsed() < Duration::from_secs(30), "{folder}");
        std::thread::yield_now();
    }
}
