use std::time::Duration;

use serde_json::{Value, json};
use service_kit::Timestamp;
use users_client::{Member, MemberPage};
use uuid::Uuid;

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
        "sort=luid",
        "sort=created_at,display_name",
        "sort=",
        "sort=--created_at",
        "segment=' or 1=1 --",
        "segment=tag = \"a\"; drop table member",
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

/// Lists everybody in pages of four.
async fn walk(app: &TestApp, query: &str) -> Vec<Member> {
    let mut members = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = page(app, &format!("limit=4&{query}{cursor}")).await;
        members.extend(page.members);
        let Some(next) = page.next_cursor else {
            return members;
        };
        cursor = format!("&cursor={next}");
    }
}

type Key = (Option<String>, Option<Timestamp>, Uuid);

#[tokio::test]
async fn a_list_comes_whole_in_every_order() {
    let app = TestApp::start().await;
    for (number, name) in ["b", "B", "愛", "a", "b", "ab", "", "é", "b", "Z"]
        .iter()
        .enumerate()
    {
        let mut body = candidate(&format!("U{number}"));
        body["display_name"] = json!(format!("n{name}"));
        app.post("register-server", "/register", &body)
            .await
            .assert(201);
        app.clock.advance(Duration::from_millis(number as u64 % 2));
    }
    let by_name = |it: &Member| -> Key { (Some(it.display_name.clone()), None, it.member_id) };
    let by_age = |it: &Member| -> Key { (None, Some(it.created_at), it.member_id) };
    for (sort, key) in [
        ("created_at", &by_age as &dyn Fn(&Member) -> Key),
        ("display_name", &by_name),
    ] {
        let forth = walk(&app, &format!("sort={sort}")).await;
        assert_eq!(forth.len(), 10);
        assert!(forth.is_sorted_by_key(key), "{sort}");
        let mut back = walk(&app, &format!("sort=-{sort}")).await;
        back.reverse();
        assert_eq!(back, forth, "-{sort}");
    }
    assert_eq!(walk(&app, "").await, walk(&app, "sort=created_at").await);
    let named = walk(&app, "sort=-display_name&segment=not+attribute.x+exists").await;
    assert_eq!(named.len(), 10);
}

#[tokio::test]
async fn u11_a_cursor_of_another_list_is_refused() {
    let app = TestApp::start().await;
    register_many(&app, 3).await;
    let lists = [
        "",
        "&sort=-created_at",
        "&sort=display_name",
        "&sort=-display_name",
        "&segment=not+tag%3D%22a%22",
        "&segment=not+tag%3D%22b%22",
        "&sort=-created_at&segment=not+tag%3D%22a%22",
    ];
    for of in lists {
        let cursor = page(&app, &format!("limit=1{of}"))
            .await
            .next_cursor
            .unwrap();
        for list in lists {
            let status = if list == of { 200 } else { 400 };
            app.get("viewer", &format!("/users?cursor={cursor}{list}"))
                .await
                .assert(status);
        }
        // Written another way, it is the same list.
        let same = of
            .replace("not+tag%3D", "((not++tag+%3D+")
            .replace("b%22", "b%22))")
            .replace("a%22", "a%22))");
        page(&app, &format!("cursor={cursor}{same}")).await;
    }
}
