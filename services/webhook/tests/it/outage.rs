//! While the inbox cannot be written.

use crate::events::text;
use crate::harness::{ALICE, Reply, TestApp, delivery};
use service_kit::http_client::read_bounded;

#[tokio::test]
async fn w45_w46_what_cannot_be_stored_is_not_taken_and_comes_again() {
    let app = TestApp::start().await;
    let body = delivery([text(1, ALICE, "hello")]);
    let inbox = app.open_inbox().await;
    let mut lock = inbox.acquire().await.unwrap();
    sqlx::query("begin immediate")
        .execute(&mut *lock)
        .await
        .unwrap();

    let begun = std::time::Instant::now();
    let posts = (0..8).map(|_| app.post(body.clone()));
    for answer in futures::future::join_all(posts).await {
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let text = read_bounded(answer, 1 << 16).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(
            !text.contains("database") && !text.contains("sqlite"),
            "{text}"
        );
    }
    assert!(begun.elapsed().as_millis() < 1900, "LINE waits two seconds");
    let live = app
        .client()
        .get(format!("{}/livez", app.internal))
        .send()
        .await
        .unwrap();
    assert_eq!(live.status(), 200, "o02: liveness looks at nothing");

    sqlx::query("rollback").execute(&mut *lock).await.unwrap();
    assert_eq!(app.post(body).await.status(), 200);
    app.deliver([text(2, ALICE, "last")]).await;
    let replies = app.line.replies.wait(2).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["hello", "last"]
    );
}

#[tokio::test]
async fn a_request_of_which_one_row_fails_stores_nothing() {
    let app = TestApp::start().await;
    let inbox = app.open_inbox().await;
    sqlx::query(
        "create trigger refuse before insert on event when new.event_key like '%2'
         begin select raise(abort, 'no'); end",
    )
    .execute(&inbox)
    .await
    .unwrap();
    let events = || {
        delivery([
            text(1, ALICE, "1"),
            text(2, ALICE, "2"),
            text(3, ALICE, "3"),
        ])
    };
    assert_eq!(app.post(events()).await.status(), 503);
    assert_eq!(app.count("select count(*) from event").await, 0);

    sqlx::query("drop trigger refuse")
        .execute(&inbox)
        .await
        .unwrap();
    assert_eq!(app.post(events()).await.status(), 200);
    let replies = app.line.replies.wait(3).await;
    assert_eq!(
        replies.iter().map(Reply::text).collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
}
