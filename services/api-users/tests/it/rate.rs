use std::time::Duration;

use crate::harness::{ALICE, TestApp};

#[tokio::test]
async fn an_operator_who_asks_too_fast_is_told_to_wait_and_others_are_not() {
    let app = TestApp::start_with(|config| config.operator_rate = 50).await;
    for _ in 0..100 {
        app.get("viewer", "/users?limit=1").await.assert(200);
    }
    let refused = app.get("viewer", "/users?limit=1").await.assert(429);
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(refused.problem().kind, "/problems/too-many-requests");
    assert!(!app.is_member(ALICE).await);
    app.clock.advance(Duration::from_millis(20));
    app.get("viewer", "/users?limit=1").await.assert(200);
    app.get("viewer", "/users?limit=1").await.assert(429);
}
