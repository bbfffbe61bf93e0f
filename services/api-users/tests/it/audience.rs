use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use users_client::AudienceMember;

use crate::harness::{ALICE, TestApp, answer, candidate, consent};

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

async fn put(app: &TestApp, path: &str) {
    let request = app.request("editor", Method::PUT, &format!("/users/{path}"));
    answer(request).await.assert(204);
}

#[tokio::test]
async fn a_topic_reaches_who_asked_for_it_and_nobody_else() {
    let app = TestApp::start().await;
    for luid in ["Uasked", "Uleft", "Usilent"] {
        app.register(luid).await.assert(201);
    }
    put(&app, "Uasked/topics/weekly").await;
    put(&app, "Uleft/topics/weekly").await;
    app.delete("webhook", "/users/Uleft/topics/weekly")
        .await
        .assert(204);
    let weekly = audience(&app, "news&topic=weekly").await;
    assert_eq!(luids(&weekly), BTreeSet::from(["Uasked"]));
    assert_eq!(audience(&app, "news").await.len(), 3);
    let preview: Value = app
        .post(
            "viewer",
            "/audiences/preview",
            &json!({ "consent": "news", "topic": "weekly" }),
        )
        .await
        .assert(200)
        .json();
    let excluded = json!({ "leaving": 0, "blocked": 0, "no_consent": 0, "not_subscribed": 2 });
    assert_eq!(preview, json!({ "reached": 1, "excluded": excluded }));
}

#[tokio::test]
async fn a_segment_narrows_an_audience_and_never_widens_it() {
    let app = TestApp::start().await;
    app.register("Uvip").await.assert(201);
    app.register("Uother").await.assert(201);
    register(&app, "Uno", json!([])).await;
    put(&app, "Uvip/tags/vip").await;
    put(&app, "Uno/tags/vip").await;
    let vip = audience(&app, "news&segment=tag+%3D+%22vip%22").await;
    assert_eq!(luids(&vip), BTreeSet::from(["Uvip"]));
    // Everybody, in words that would let them in if they were not kept apart from the rest.
    for segment in [
        "not tag = \"x\"",
        "tag = \"vip\" or not tag = \"vip\"",
        "not consent = \"news\"",
    ] {
        let body = json!({ "consent": "offers", "segment": segment });
        let preview: Value = app
            .post("push-msg", "/audiences/preview", &body)
            .await
            .json();
        assert_eq!(preview["reached"], 0, "{segment}");
    }
}

#[tokio::test]
async fn a_line_holds_what_a_message_needs_and_the_notes_if_asked() {
    let app = TestApp::start().await;
    let mut body = candidate(ALICE);
    body["quiet_hours"] = json!({ "from": "22:00", "until": "07:00" });
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
    put(&app, &format!("{ALICE}/tags/vip")).await;
    let path = format!("/users/{ALICE}/attributes/visits");
    app.put("editor", &path, &json!(3.0)).await.assert(204);
    let mut line = serde_json::to_value(&audience(&app, "news").await[0]).unwrap();
    line.as_object_mut().unwrap().remove("member_id");
    let mut expected = json!({
        "luid": ALICE, "display_name": "Alice 愛麗絲", "language": "zh-TW", "time_zone": "Asia/Taipei",
        "quiet_hours": { "from": "22:00", "until": "07:00" },
    });
    assert_eq!(line, expected);
    let mut line = serde_json::to_value(&audience(&app, "news&include=profile").await[0]).unwrap();
    line.as_object_mut().unwrap().remove("member_id");
    expected["tags"] = json!(["vip"]);
    expected["attributes"] = json!({ "visits": 3 });
    assert_eq!(line, expected);
}

#[tokio::test]
async fn i12_who_changed_their_mind_is_not_among_those_checked_again() {
    let app = TestApp::start().await;
    let everybody = ["Ustill", "Uwithdrawn", "Ublocked", "Uleaving", "Uerased"];
    for luid in everybody {
        app.register(luid).await.assert(201);
        put(&app, &format!("{luid}/topics/weekly")).await;
    }
    let frozen: Vec<_> = audience(&app, "news&topic=weekly").await;
    assert_eq!(frozen.len(), everybody.len());
    let body = json!([consent("news", false)]);
    app.post("register-server", "/users/Uwithdrawn/consents", &body)
        .await
        .assert(200);
    app.friendship_event("Ublocked", "blocked", app.now(), "e")
        .await;
    app.post("register-server", "/users/Uleaving/leave", &Value::Null)
        .await
        .assert(204);
    app.delete("admin", "/users/Uerased").await.assert(204);

    let still = &frozen
        .iter()
        .find(|member| member.luid == "Ustill")
        .unwrap()
        .member_id;
    let mut ids: Vec<_> = frozen.iter().map(|member| member.member_id).collect();
    let check = |ids: &[uuid::Uuid], topic: &str| {
        let body = json!({ "consent": "news", "topic": topic, "member_ids": ids });
        let app = &app;
        async move { app.post("push-msg", "/audiences/check", &body).await }
    };
    let answer: Value = check(&ids, "weekly").await.assert(200).json();
    assert_eq!(answer, json!({ "member_ids": [still] }));
    let answer: Value = check(&ids, "monthly").await.assert(200).json();
    assert_eq!(answer, json!({ "member_ids": [] }));
    let answer: Value = check(&[], "weekly").await.assert(200).json();
    assert_eq!(answer, json!({ "member_ids": [] }));
    let body =
        json!({ "consent": "news", "topic": "weekly", "member_ids": ids, "only_gone": true });
    let answer: Value = app
        .post("push-msg", "/audiences/check", &body)
        .await
        .assert(200)
        .json();
    let gone: Vec<_> = ids.iter().filter(|id| *id != still).collect();
    assert_eq!(answer, json!({ "gone": gone }));
    ids.resize(5000, *still);
    let answer: Value = check(&ids, "weekly").await.assert(200).json();
    assert_eq!(answer, json!({ "member_ids": [still] }));
    ids.resize(5001, *still);
    let refused = check(&ids, "weekly").await.assert(422);
    assert_eq!(refused.pointers(), ["/member_ids"]);
}

#[tokio::test]
async fn who_blocked_the_bot_before_they_registered_has_blocked_it() {
    let app = TestApp::start().await;
    app.friendship_event(ALICE, "blocked", app.now(), "1").await;
    app.register(ALICE).await.assert(201);
    assert!(audience(&app, "news").await.is_empty());
    app.friendship_event(ALICE, "following", app.now(), "2")
        .await;
    assert_eq!(audience(&app, "news").await.len(), 1);
    app.friendship_event(ALICE, "blocked", app.now(), "3").await;
    assert!(audience(&app, "news").await.is_empty());
    // What LINE told of them is forgotten with them.
    app.delete("admin", &format!("/users/{ALICE}"))
        .await
        .assert(204);
    app.clock.advance(std::time::Duration::from_secs(1));
    let mut body = candidate(ALICE);
    body["signed_in_at"] = json!(app.now());
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
    assert_eq!(audience(&app, "news").await.len(), 1);
}

/// The release before has written friendships without knowing that members show them.
#[tokio::test]
async fn i19_friendships_of_the_release_before_are_found_again() {
    let app = TestApp::start().await;
    for luid in ["Ublocked", "Ufriend", "Usilent"] {
        app.register(luid).await.assert(201);
    }
    app.friendship_event("Ublocked", "blocked", app.now(), "e")
        .await;
    app.friendship_event("Ufriend", "following", app.now(), "e")
        .await;
    app.execute(if app.url.starts_with("postgres") {
        "drop function member_has_friendship cascade; drop function friendship_is_told cascade;"
    } else {
        "drop trigger member_has_friendship; drop trigger friendship_begins; drop trigger friendship_changes;
         drop trigger friendship_ends;"
    })
    .await;
    app.execute(
        "drop index member_by_name; alter table member drop column friendship;
         delete from _sqlx_migrations where version = 3;",
    )
    .await;
    let app = app.restart().await;
    let reached = audience(&app, "news").await;
    assert_eq!(luids(&reached), BTreeSet::from(["Ufriend", "Usilent"]));
    let friends = audience(&app, "news&segment=friendship+%3D+following").await;
    assert_eq!(luids(&friends), BTreeSet::from(["Ufriend"]));
}

#[tokio::test]
async fn a_segment_that_says_nothing_is_refused_with_its_place() {
    let app = TestApp::start().await;
    let body = json!({ "consent": "News", "topic": "", "segment": "tag = \"vip\" adn" });
    let refused = app
        .post("viewer", "/audiences/preview", &body)
        .await
        .assert(422);
    let errors = refused.problem().errors;
    let segment = errors
        .iter()
        .find(|error| error.pointer == "/segment")
        .unwrap();
    assert_eq!(
        segment.detail,
        "expected and, or, or the end at character 13"
    );
    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/consent", "/segment", "/topic"]);
    for path in ["/audiences/members?consent=news", "/users?limit=1"] {
        let caller = if path.starts_with("/users") {
            "viewer"
        } else {
            "push-msg"
        };
        let refused = app.get(caller, &format!("{path}&segment=tag%3D1")).await;
        let detail = refused.assert(400).problem().detail.unwrap();
        assert_eq!(detail, "segment: expected a text in \" at character 5");
    }
}
