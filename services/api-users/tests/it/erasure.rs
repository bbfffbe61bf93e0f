use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::harness::{ALICE, BOB, TestApp, candidate, consent};

/// Whether any file of the database holds these bytes, the write-ahead log included.
fn on_disk(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test]
async fn u23_an_erasure_leaves_no_byte_of_the_person() {
    let app = TestApp::start().await;
    let mut body = candidate(ALICE);
    body["display_name"] = json!("Canary Liddell");
    body["picture_url"] = json!("https://pictures.test/canary-picture");
    body["consents"] = json!([{ "purpose": "canary-purpose", "version": "canary-version",
        "language": "zh-TW", "granted": true, "channel": "website" }]);
    app.register(BOB).await.assert(201);
    let member: Value = app
        .post("register-server", "/register", &body)
        .await
        .assert(201)
        .json();
    app.friendship_event(ALICE, "following", app.now(), "canary-event")
        .await;
    let member_id = uuid::Uuid::parse_str(member["member_id"].as_str().unwrap()).unwrap();
    let traces: [&[u8]; 7] = [
        ALICE.as_bytes(),
        b"Canary Liddell",
        b"canary-picture",
        b"canary-purpose",
        b"canary-version",
        b"canary-event",
        member_id.as_bytes(),
    ];
    let folder = app.folder.path();
    assert!(
        traces.iter().all(|trace| on_disk(folder, trace)),
        "the test must be able to see"
    );

    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &format!("/users/{ALICE}"))
        .await
        .assert(204);

    for trace in traces {
        assert!(
            !on_disk(folder, trace),
            "{}",
            String::from_utf8_lossy(trace)
        );
    }
    assert!(on_disk(folder, digest(&SHA256, ALICE.as_bytes()).as_ref()));
    assert!(on_disk(folder, BOB.as_bytes()));
    assert_eq!(app.count("select count(*) from tombstone").await, 1);
    app.get("viewer", &format!("/users/{ALICE}"))
        .await
        .assert(404)
        .problem();
    assert!(!app.is_member(ALICE).await);
    assert!(app.is_member(BOB).await);
}

/// How many of these are left in the file, counted in one pass: each is `U` and 32 hexadecimal digits.
fn left(app: &TestApp, luids: &HashSet<Vec<u8>>) -> usize {
    let bytes = std::fs::read(app.database()).unwrap();
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
         select randomblob(16), 'U' || lower(hex(randomblob(16))), 'N', 'active', i, i from n;
         update member set display_name = hex(zeroblob(abs(random()) % 150)) where created_at % 3 = 0;",
    )
    .await;
    // Any erasure folds the log into the file.
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
    let mut connection = app.connect().await;
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

#[tokio::test]
async fn erasing_again_or_a_stranger_is_no_error() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    for luid in [ALICE, ALICE, BOB] {
        app.delete("register-server", &format!("/users/{luid}"))
            .await
            .assert(204);
    }
}

#[tokio::test]
async fn erasing_again_does_not_lock_out_who_signed_in_between() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    app.delete("register-server", &path).await.assert(204);
    app.clock.advance(Duration::from_mins(1));
    let signed_in_at = app.now();
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &path).await.assert(204);
    let mut body = candidate(ALICE);
    body["signed_in_at"] = json!(signed_in_at);
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
}

#[tokio::test]
async fn who_comes_back_starts_anew() {
    let app = TestApp::start().await;
    let before: Value = app.register(ALICE).await.assert(201).json();
    app.friendship_event(ALICE, "following", app.now(), "e1")
        .await;
    let path = format!("/users/{ALICE}");
    app.post("register-server", &format!("{path}/leave"), &Value::Null)
        .await
        .assert(204);
    app.clock.advance(Duration::from_mins(1));
    app.delete("register-server", &path).await.assert(204);
    let body = json!({ "luid": ALICE, "display_name": "Alice again", "signed_in_at": app.now() });
    let after: Value = app
        .post("register-server", "/register", &body)
        .await
        .assert(201)
        .json();
    assert_ne!(after["member_id"], before["member_id"]);
    assert_eq!(after["friendship"], "unknown");
    assert_eq!(after["consents"], json!([]));
    let words = json!([consent("news", true)]);
    app.post("register-server", &format!("{path}/consents"), &words)
        .await
        .assert(200);
    assert!(app.is_member(ALICE).await);
}

#[tokio::test]
async fn tombstones_go_after_31_days() {
    let app = TestApp::start().await;
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    let app = app.restart().await;
    assert_eq!(app.count("select count(*) from tombstone").await, 1);
    app.clock.advance(Duration::from_hours(31 * 24));
    let app = app.restart().await;
    app.delete("admin", &format!("/users/{BOB}"))
        .await
        .assert(204);
    assert_eq!(app.count("select count(*) from tombstone").await, 1);
}

#[tokio::test]
async fn who_left_and_came_back_is_not_erased_by_a_late_request() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.post(
        "register-server",
        &format!("/users/{ALICE}/leave"),
        &json!({}),
    )
    .await
    .assert(204);
    let late = format!("/users/{ALICE}?status=leaving");
    app.delete("register-server", &late).await.assert(204);
    assert!(!app.is_member(ALICE).await);

    app.clock.advance(Duration::from_secs(1));
    app.register(ALICE).await.assert(201);
    app.delete("register-server", &late).await.assert(204);
    assert!(app.is_member(ALICE).await);
    assert_eq!(app.count("select count(*) from member").await, 1);
}
