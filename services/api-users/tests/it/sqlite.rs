//! What is true of a SQLite file.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use service_kit::database::DatabaseConfig;
use sqlx::Connection as _;

use crate::failure::assert_unavailable;
use crate::harness::{ALICE, BOB, TestApp, candidate, config};
use crate::idempotency::register;
use crate::side::Side;
use crate::start::refused;

/// Where its members are.
fn file(app: &TestApp) -> PathBuf {
    app.url.strip_prefix("sqlite://").unwrap().into()
}

#[tokio::test]
async fn only_its_owner_reads_the_members_file() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for name in ["test.db", "test.db-wal"] {
        let file = std::fs::metadata(file(&app).with_file_name(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_second_server_on_one_file_is_refused_with_a_plain_message() {
    let app = TestApp::start().await;
    let error = refused(config(app.folder.path(), &app.url, &app.clock)).await;
    assert!(
        error.contains("test.db is in use by another process"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_no_database_stops_the_start() {
    let app = TestApp::start().await;
    let mut config = config(app.folder.path(), &app.url, &app.clock);
    let other = file(&app).with_file_name("other.db");
    std::fs::write(&other, [0xa5; 8192]).unwrap();
    config.database = DatabaseConfig::at(format!("sqlite://{}", other.display()));
    let error = refused(config).await;
    assert!(
        error.contains("cannot open the members' database"),
        "{error}"
    );
}

#[tokio::test]
async fn u21_a_broken_file_never_makes_a_member() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for number in 0..40 {
        app.register(&format!("Ufill{number}")).await.assert(201);
    }
    // An erasure folds the log into the file; from here on the file alone is the truth, and it is garbage.
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    let mut file = OpenOptions::new().write(true).open(file(&app)).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(0)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length).unwrap()])
        .unwrap();
    file.sync_all().unwrap();

    let asked = (0..32).map(|_| app.get("webhook", "/users/Ustranger/membership"));
    let mut failed = 0;
    for answer in join_all(asked).await {
        if answer.status == StatusCode::OK {
            assert_eq!(answer.json::<Value>()["member"], false);
        } else {
            assert_unavailable(answer);
            failed += 1;
        }
    }
    assert!(failed > 0, "connections that open the file now must fail");
}

/// Whether any file of the database holds these bytes, the write-ahead log included.
fn on_disk(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test]
async fn u18_no_byte_is_left_of_an_answer_that_was_kept_long_enough() {
    let app = TestApp::start().await;
    let mut body = candidate(ALICE);
    body["display_name"] = json!("Canary Liddell");
    register(&app, "k1", &body).await.assert(201);
    let change = json!({ "display_name": "Alice" });
    app.patch("editor", &format!("/users/{ALICE}"), &change)
        .await
        .assert(200);
    let file = file(&app);
    let is_left = || on_disk(file.parent().unwrap(), b"Canary Liddell");
    let app = app.restart().await;
    assert!(is_left(), "the test must be able to see");
    app.clock.advance(Duration::from_hours(24));
    let _app = app.restart().await;
    let gone = async {
        while is_left() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone)
        .await
        .unwrap();
}

/// How many of these are left in the file, counted in one pass: each is `U` and 32 hexadecimal digits.
fn left(app: &TestApp, luids: &HashSet<Vec<u8>>) -> usize {
    let bytes = std::fs::read(file(app)).unwrap();
    let found: HashSet<&[u8]> = bytes
        .windows(33)
        .filter(|window| luids.contains(*window))
        .collect();
    found.len()
}

#[tokio::test]
async fn u23_no_byte_is_left_in_pages_that_were_split_long_ago() {
    let app = TestApp::start().await;
    // Rows come in the order of a hash and grow, so that pages split again and again.
    app.execute(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 8000)
         insert into member (member_id, luid, display_name, status, created_at, updated_at)
         select {random}, 'U' || lower(hex(randomblob(16))), 'N', 'active', i, i from n;
         update member set display_name = hex(zeroblob(abs(random()) % 150)) where created_at % 3 = 0;",
    )
    .await;
    // Any erasure folds the log into the file.
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
    let Side::Sqlite(mut connection) = app.side().await else {
        panic!("this is about SQLite");
    };
    let luids: Vec<String> =
        sqlx::query_scalar("select luid from member where created_at % 4 <> 0")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    connection.close().await.unwrap();
    let luids: HashSet<Vec<u8>> = luids.into_iter().map(String::into_bytes).collect();
    assert_eq!(
        (luids.len(), left(&app, &luids)),
        (6000, 6000),
        "the test must be able to see"
    );

    app.execute("pragma secure_delete = on; delete from member where created_at % 4 <> 0")
        .await;
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
    app.clock.advance(Duration::from_hours(24));
    let app = app.restart().await;
    let rebuilt = async {
        while app.count("select rebuilt_at from upkeep").await < app.now().as_millis() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), rebuilt)
        .await
        .unwrap();
    let app = app.restart().await;
    assert_eq!(left(&app, &luids), 0);
    assert_eq!(app.count("select count(*) from member").await, 2000);
}
