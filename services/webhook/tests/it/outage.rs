//! While the inbox cannot be written.

use service_kit::DatabaseKind;
use service_kit::http_client::read_bounded;
use tokio::time::timeout;

use crate::events::text;
use crate::harness::{ALICE, BOUND, Reply, TestApp, delivery};

#[tokio::test]
async fn w45_w46_what_cannot_be_stored_is_not_taken_and_comes_again() {
    let app = TestApp::start().await;
    let body = delivery([text(1, ALICE, "hello")]);
    let mut inbox = app.inbox().await;
    inbox.hold_writes().await;

    let begun = std::time::Instant::now();
    let posts = (0..8).map(|_| app.post(body.clone()));
    for answer in futures::future::join_all(posts).await {
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let text = read_bounded(answer, 1 << 16).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        for word in ["database", "sqlite", "lock", "relation"] {
            assert!(!text.contains(word), "{text}");
        }
    }
    assert!(begun.elapsed().as_millis() < 1900, "LINE waits two seconds");
    let (live, _) = app.get_internal("/livez").await;
    assert_eq!(live, 200, "o02: liveness looks at nothing");

    inbox.let_go().await;
    // What waited for the lock may have been stored after its answer: the redelivery is the same event all the same. It may
    // meet the last of those who gave up, and then LINE redelivers once more.
    let taken = async { while app.post(body.clone()).await.status() != 200 {} };
    timeout(BOUND, taken).await.expect("it is taken");
    app.deliver([text(2, ALICE, "last")]).await;
    let replies = app.line.replies.wait(2).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["hello", "last"]
    );
    assert_eq!(inbox.number("select count(*) from event").await, 2);
}

#[tokio::test]
async fn a_request_of_which_one_row_fails_stores_nothing() {
    let app = TestApp::start().await;
    let mut inbox = app.inbox().await;
    let (refuse, allow) = match app.database.kind() {
        DatabaseKind::Sqlite => (
            "create trigger refuse before insert on event when new.event_key like '%2'
             begin select raise(abort, 'no'); end",
            "drop trigger refuse",
        ),
        DatabaseKind::Postgres => (
            "alter table event add constraint refuse check (event_key not like '%2')",
            "alter table event drop constraint refuse",
        ),
    };
    inbox.execute(refuse).await;
    let events = || {
        delivery([
            text(1, ALICE, "1"),
            text(2, ALICE, "2"),
            text(3, ALICE, "3"),
        ])
    };
    assert_eq!(app.post(events()).await.status(), 503);
    assert_eq!(inbox.number("select count(*) from event").await, 0);

    inbox.execute(allow).await;
    assert_eq!(app.post(events()).await.status(), 200);
    let replies = app.line.replies.wait(3).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
}
