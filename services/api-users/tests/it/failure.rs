use std::time::{Duration, Instant};

use futures::future::join_all;
use http::StatusCode;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits};

use crate::harness::{ALICE, Answer, BOB, START, TestApp, answer, candidate, consent, read};
use crate::imports;

#[track_caller]
pub(crate) fn assert_unavailable(answer: Answer) {
    let answer = answer.assert(503);
    assert!(answer.headers.contains_key("retry-after"));
    let problem = answer.problem();
    assert_eq!(problem.kind, "/problems/unavailable");
    assert_eq!(problem.detail, None);
    let body = String::from_utf8_lossy(&answer.body);
    assert!(!body.contains("table") && !body.contains("sql"), "{body}");
}

#[tokio::test]
async fn u21_a_store_that_fails_is_503_on_every_route_and_nobody_is_a_member() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    app.execute(
        "drop view member_document; drop view latest_consent;
         alter table member rename to gone; alter table friendship rename to gone_too;",
    )
    .await;
    for luid in [ALICE, BOB] {
        assert_unavailable(
            app.get("webhook", &format!("/users/{luid}/membership"))
                .await,
        );
        assert_unavailable(app.get("viewer", &format!("/users/{luid}")).await);
        assert_unavailable(app.get("viewer", &format!("/users/{luid}/consents")).await);
        let path = format!("/users/{luid}");
        assert_unavailable(
            app.patch("editor", &path, &json!({ "language": "ja" }))
                .await,
        );
        assert_unavailable(app.delete("admin", &path).await);
        assert_unavailable(
            app.post("admin", &format!("{path}/leave"), &Value::Null)
                .await,
        );
        let words = json!([consent("news", true)]);
        assert_unavailable(
            app.post("register-server", &format!("{path}/consents"), &words)
                .await,
        );
        let event = json!({ "friendship": "following", "event_at": START, "event_id": "e" });
        assert_unavailable(
            app.put("webhook", &format!("{path}/friendship"), &event)
                .await,
        );
    }
    assert_unavailable(app.register(BOB).await);
    assert_unavailable(app.get("viewer", "/users").await);
    assert_unavailable(app.get("push-msg", "/audiences/members?consent=news").await);
    assert_unavailable(app.get("admin", "/exports/members").await);
    for dry_run in [true, false] {
        let file = imports::request(&app, dry_run).body("luid,display_name\nU1,N\n");
        assert_unavailable(answer(file).await);
    }
    answer(app.http.get(format!("{}/readyz", app.internal)))
        .await
        .assert(503);
    answer(app.http.get(format!("{}/livez", app.internal)))
        .await
        .assert(200);
}

#[tokio::test]
async fn a_writer_that_is_kept_busy_is_503_and_reads_go_on() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let mut other = app.side().await;
    other.hold_writes().await;
    assert_unavailable(app.register(BOB).await);
    assert!(app.is_member(ALICE).await);
    other.execute("rollback").await;
    app.register(BOB).await.assert(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_that_fail_together_are_503_each_and_store_nothing() {
    let app = TestApp::start().await;
    app.execute("alter table consent rename to gone").await;
    let answers = (0..100).map(|number| {
        let app = &app;
        async move { app.register_in_a_crowd(&format!("U{number}")).await }
    });
    for answer in join_all(answers).await {
        assert_unavailable(answer);
    }
    assert_eq!(app.count("select count(*) from member").await, 0);
    app.execute("alter table gone rename to consent").await;
    app.register(ALICE).await.assert(201);
}

/// Whoever was told to come back is not registered behind their back.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_too_long_is_sent_away_and_not_stored() {
    let app = TestApp::start().await;
    let mut other = app.side().await;
    other.hold_writes().await;
    let answers = (0..300).map(|number| {
        let app = &app;
        async move { app.register_in_a_crowd(&format!("U{number}")).await }
    });
    let begin = Instant::now();
    for answer in join_all(answers).await {
        assert_unavailable(answer);
    }
    // One after another they would take minutes.
    assert!(begin.elapsed() < Duration::from_secs(20));
    other.execute("rollback").await;
    app.register(ALICE).await.assert(201);
    assert_eq!(app.count("select count(*) from member").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn u24_a_flood_is_answered_one_way_or_the_other() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let patient = http_client::client(Limits {
        connect: Duration::from_mins(1),
        total: Duration::from_mins(1),
    });
    // 10,000 at once, where that is asked for.
    let is_quick = std::env::var_os("TEST_TIER").is_none_or(|tier| tier == "quick");
    let scale = if is_quick { 1 } else { 5 };
    let (bot, website) = (app.token("webhook"), app.token("register-server"));
    let membership = format!("{}/users/{ALICE}/membership", app.base);
    let register = format!("{}/register", app.base);
    let reads = (0..1500 * scale).map(|_| flooding(patient.get(&membership).bearer_auth(&bot)));
    let writes = (0..500 * scale).map(|number| {
        let candidate = candidate(&format!("Uflood{}", number % 250));
        flooding(
            patient
                .post(&register)
                .bearer_auth(&website)
                .json(&candidate),
        )
    });
    let (reads, writes) = futures::join!(join_all(reads), join_all(writes));
    for read in reads.into_iter().flatten() {
        match read.status.as_u16() {
            200 => assert_eq!(read.json::<Value>()["member"], true),
            status => assert_eq!(status, 503),
        }
    }
    let turned_away = writes.iter().filter(|write| write.is_none()).count();
    let count = |status| {
        let answered = writes.iter().flatten();
        answered.filter(|write| write.status == status).count()
    };
    let created = count(StatusCode::CREATED);
    let known = created + count(StatusCode::CONFLICT) + count(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(known + turned_away, writes.len());
    let stored = app
        .count("select count(*) from member where luid like 'Uflood%'")
        .await;
    assert_eq!(i64::try_from(created).unwrap(), stored);
    assert!(app.is_member(ALICE).await);
}

/// The answer; none if there were so many connections that this one was turned away before it said anything.
async fn flooding(request: RequestBuilder) -> Option<Answer> {
    let response = http_client::send(request).await.ok()?;
    Some(read(response).await)
}
