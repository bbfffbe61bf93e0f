use std::collections::BTreeSet;

use serde_json::{Value, json};
use users_client::AudienceMember;

use crate::harness::{TestApp, candidate, consent};

async fn register(app: &TestApp, luid: &str, consents: Value) {
    let mut body = candidate(luid);
    body["consents"] = consents;
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
}

async fn audience(app: &TestApp, purpose: &str) -> Vec<AudienceMember> {
    let answer = app
        .get("push-msg", &format!("/audiences/members?consent={purpose}"))
        .await
        .assert(200);
    assert_eq!(answer.headers["content-type"], "application/x-ndjson");
    answer
        .body
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn luids(audience: &[AudienceMember]) -> BTreeSet<&str> {
    audience.iter().map(|member| member.luid.as_str()).collect()
}

#[tokio::test]
async fn only_active_members_who_consent_and_have_not_blocked_are_in_the_audience() {
    let app = TestApp::start().await;
    let yes = || json!([consent("news", true)]);
    register(&app, "Uyes", yes()).await;
    register(&app, "Ufriend", yes()).await;
    app.friendship_event("Ufriend", "following", app.now(), "e")
        .await;
    register(&app, "Ublocked", yes()).await;
    app.friendship_event("Ublocked", "blocked", app.now(), "e")
        .await;
    register(&app, "Uleaving", yes()).await;
    app.post("register-server", "/users/Uleaving/leave", &Value::Null)
        .await
        .assert(204);
    register(&app, "Uno", json!([consent("news", false)])).await;
    register(&app, "Usilent", json!([])).await;
    register(&app, "Uother", json!([consent("offers", true)])).await;
    register(&app, "Uwithdrawn", yes()).await;
    app.post(
        "register-server",
        "/users/Uwithdrawn/consents",
        &json!([consent("news", false)]),
    )
    .await
    .assert(200);
    register(&app, "Uagain", json!([consent("news", false)])).await;
    app.post("register-server", "/users/Uagain/consents", &yes())
        .await
        .assert(200);
    app.friendship_event("Ustranger", "following", app.now(), "e")
        .await;

    let news = audience(&app, "news").await;
    assert_eq!(luids(&news), BTreeSet::from(["Uyes", "Ufriend", "Uagain"]));
    assert_eq!(news[0].language.as_deref(), Some("zh-TW"));
    assert_eq!(
        luids(&audience(&app, "offers").await),
        BTreeSet::from(["Uother"])
    );
    assert!(audience(&app, "nothing").await.is_empty());
}

#[tokio::test]
async fn a_long_audience_comes_whole_in_order_and_once_each() {
    let app = TestApp::start().await;
    app.execute(
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500)
         insert into member (member_id, luid, display_name, status, created_at, updated_at)
         select {random}, 'U' || i, 'N', 'active', i, i from n;
         insert into consent (member_id, purpose, version, language, granted, channel, changed_at)
         select member_id, 'news', '1', 'en', created_at % 5 <> 0, 'import', 1 from member;",
    )
    .await;
    let news = audience(&app, "news").await;
    assert!(news.is_sorted_by_key(|member| member.member_id));
    assert_eq!(luids(&news).len(), news.len());
    assert_eq!(news.len(), 2000);
}

#[tokio::test]
async fn an_audience_has_one_well_formed_purpose() {
    let app = TestApp::start().await;
    for query in [
        "",
        "?consent=",
        "?consent=News",
        "?consent=a&consent=b",
        "?purpose=news",
        "?consent=news&x=1",
    ] {
        app.get("push-msg", &format!("/audiences/members{query}"))
            .await
            .assert(400)
            .problem();
    }
}
