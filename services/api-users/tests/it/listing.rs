use std::time::Duration;

use serde_json::{Value, json};
use users_client::MemberPage;

use crate::harness::{TestApp, candidate, consent};

async fn register_many(app: &TestApp, count: usize) -> Vec<String> {
    let mut luids = Vec::new();
    for number in 0..count {
        let luid = format!("Upage{number:027}");
        app.register(&luid).await.assert(201);
        // Some share their millisecond.
        if number % 3 == 0 {
            app.clock.advance(Duration::from_millis(1));
        }
        luids.push(luid);
    }
    luids
}

async fn page(app: &TestApp, query: &str) -> MemberPage {
    app.get("viewer", &format!("/users?{query}"))
        .await
        .assert(200)
        .json()
}

#[tokio::test]
async fn pages_hold_everyone_once_oldest_first() {
    let app = TestApp::start().await;
    let mut expected = register_many(&app, 23).await;
    let mut seen = Vec::new();
    let mut query = "limit=5".to_owned();
    loop {
        let page = page(&app, &query).await;
        seen.extend(page.members);
        let Some(cursor) = page.next_cursor else {
            break;
        };
        query = format!("limit=5&cursor={cursor}");
    }
    assert!(seen.is_sorted_by_key(|member| (member.created_at, member.member_id)));
    let mut luids: Vec<_> = seen.into_iter().map(|member| member.luid).collect();
    luids.sort();
    expected.sort();
    assert_eq!(luids, expected);
}

#[tokio::test]
async fn the_last_page_has_no_cursor_even_when_full() {
    let app = TestApp::start().await;
    assert_eq!(page(&app, "").await.members.len(), 0);
    register_many(&app, 4).await;
    assert!(page(&app, "limit=3").await.next_cursor.is_some());
    assert!(page(&app, "limit=4").await.next_cursor.is_none());
    assert_eq!(page(&app, "limit=1000").await.members.len(), 4);
}

#[tokio::test]
async fn a_page_shows_members_as_one_by_one() {
    let app = TestApp::start().await;
    let mut body = candidate("Uone");
    body["consents"] = json!([consent("offers", false), consent("news", true)]);
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
    app.friendship_event("Uone", "following", app.now(), "e1")
        .await;
    let one: Value = app.get("viewer", "/users/Uone").await.json();
    let listed: Value = app.get("viewer", "/users").await.json();
    assert_eq!(listed["members"], json!([one]));
    assert_eq!(one["consents"][0]["purpose"], "news");
    assert_eq!(one["consents"][1]["granted"], false);
    assert_eq!(one["friendship"], "following");
}

#[tokio::test]
async fn without_a_limit_a_page_is_100() {
    let app = TestApp::start().await;
    register_many(&app, 101).await;
    let page = page(&app, "").await;
    assert_eq!(page.members.len(), 100);
    assert!(page.next_cursor.is_some());
}

#[tokio::test]
async fn u10_a_limit_out_of_range_is_refused() {
    let app = TestApp::start().await;
    for limit in [
        "0",
        "-1",
        "1001",
        "1000000000",
        "1e9",
        "",
        "ten",
        "99999999999999999999",
    ] {
        let answer = app
            .get("viewer", &format!("/users?limit={limit}"))
            .await
            .assert(400);
        assert_eq!(answer.problem().kind, "/problems/bad-request");
    }
}

#[tokio::test]
async fn u11_an_altered_cursor_is_refused() {
    let app = TestApp::start().await;
    register_many(&app, 3).await;
    let cursor = page(&app, "limit=1").await.next_cursor.unwrap();
    page(&app, &format!("limit=2&cursor={cursor}")).await;
    let mut altered: Vec<String> = (0..cursor.len())
        .map(|at| {
            let mut bytes = cursor.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    altered.extend([
        String::new(),
        "x".into(),
        cursor[1..].into(),
        format!("{cursor}AAAA"),
        "%FF".into(),
    ]);
    for altered in altered {
        let path = format!("/users?cursor={altered}");
        app.get("viewer", &path).await.assert(400).problem();
    }
}

#[tokio::test]
async fn u13_there_is_nothing_to_put_sql_into() {
    let app = TestApp::start().await;
    for query in [
        "sort=luid;drop table member",
        "order=1",
        "filter=' or 1=1 --",
        "limit=1&limit=2",
    ] {
        app.get("viewer", &format!("/users?{query}"))
            .await
            .assert(400)
            .problem();
    }
    app.get("viewer", "/users").await.assert(200);
}
