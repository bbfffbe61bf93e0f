//! Sessions: how they begin and end, and what the store knows of them.

use std::time::{Duration, Instant};

use http::Method;
use member_session::{Flash, FormKind, Friendship, UpdateForm};
use service_kit::DatabaseKind;
use tokio::task::JoinSet;
use users_client::Status;

use crate::harness::{ALICE, BOB, Browser, TestApp};

const SESSION: &str = "__Host-kaiin-session";

async fn is_signed_in(app: &TestApp, browser: &Browser) -> bool {
    app.session(browser).await.visitor.is_some()
}

#[tokio::test]
async fn a_visitor_is_nobody() {
    let app = TestApp::start().await;
    let session = app.session(&app.browser()).await;
    assert!(session.visitor.is_none() && session.membership.is_none() && session.flash.is_empty());
    assert_eq!(app.journal.entries(), [""; 0], "nobody was asked");
}

#[tokio::test]
async fn l32_signing_in_makes_a_new_session() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let planted = "A".repeat(43);
    browser.set_cookie(SESSION, &planted);
    app.sign_in(&browser, ALICE).await;
    let first = browser.cookie(SESSION).unwrap();
    assert_ne!(first, planted);
    app.sign_in(&browser, ALICE).await;
    let second = browser.cookie(SESSION).unwrap();
    assert_ne!(first, second);
    browser.set_cookie(SESSION, &first);
    assert!(
        !is_signed_in(&app, &browser).await,
        "the former session ended"
    );
}

#[tokio::test]
async fn l33_a_cookie_without_the_prefix_is_ignored() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let id = browser.cookie(SESSION).unwrap();
    browser.drop_cookie(SESSION);
    for name in [
        "kaiin-session",
        "__Secure-kaiin-session",
        "__host-kaiin-session",
        "session",
    ] {
        browser.set_cookie(name, &id);
    }
    assert!(!is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn l34_odd_session_cookies_are_nobody() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let id = browser.cookie(SESSION).unwrap();
    for value in [
        String::new(),
        "A".repeat(43),
        id[..42].to_owned(),
        format!("{id}A"),
        format!("\"{id}\""),
        format!("{id}="),
        "x".repeat(8000),
        "' or 1=1 --".to_owned(),
    ] {
        browser.set_cookie(SESSION, &value);
        assert!(!is_signed_in(&app, &browser).await, "{value:.60}");
    }
    browser.set_cookie(SESSION, &id);
    assert!(is_signed_in(&app, &browser).await);
    browser.set_cookie(SESSION, &"x".repeat(64 * 1024));
    assert_eq!(browser.get("/member/session").await.status, 431);
}

#[tokio::test]
async fn l37_a_session_ends_after_half_an_hour_of_silence() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    for _ in 0..3 {
        app.clock.advance(Duration::from_mins(29));
        assert!(is_signed_in(&app, &browser).await, "use keeps it alive");
    }
    app.clock.advance(Duration::from_mins(30));
    let answer = browser.get("/member/session").await;
    assert!(answer.set_cookie(SESSION).unwrap().contains("Max-Age=0"));
    assert!(!is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn l37_a_session_ends_after_twelve_hours_in_use() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    for _ in 0..35 {
        app.clock.advance(Duration::from_mins(20));
        assert!(is_signed_in(&app, &browser).await);
    }
    app.clock.advance(Duration::from_mins(20));
    assert!(!is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn l37_signing_out_ends_the_session_and_the_token() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let id = browser.cookie(SESSION).unwrap();
    let answer = browser
        .post("/auth/logout", &[("page_language", "th")])
        .await;
    assert_eq!(answer.location(), "/th/");
    assert_eq!(app.journal.count("revoke"), 1);
    assert!(browser.cookie(SESSION).is_none());
    assert_eq!(app.session(&browser).await.flash, [Flash::SignedOut]);
    assert!(app.session(&browser).await.flash.is_empty(), "told once");
    browser.set_cookie(SESSION, &id);
    assert!(!is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn signing_out_works_without_line() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    app.line.answer_unlink(crate::harness::Reply::Hang);
    let answer = browser
        .post("/auth/logout", &[("page_language", "en")])
        .await;
    assert_eq!(answer.location(), "/en/");
    assert!(!is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn l38_all_sessions_of_a_deleted_member_end_at_once() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    app.users.add(BOB);
    let (phone, laptop) = (app.signed_in(ALICE).await, app.signed_in(ALICE).await);
    let other = app.signed_in(BOB).await;
    app.users.delete(ALICE);
    assert!(!is_signed_in(&app, &phone).await);
    app.users.add(ALICE);
    assert!(
        !is_signed_in(&app, &laptop).await,
        "not even a new membership revives it"
    );
    assert!(is_signed_in(&app, &other).await);
}

#[tokio::test]
async fn l38_so_do_those_of_a_member_who_is_leaving() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.users
        .change(ALICE, |member| member.status = Status::Leaving);
    let session = app.session(&browser).await;
    assert!(session.visitor.is_none() && session.membership.is_none());
    // Whoever marked them, the erasure goes on.
    app.clock.advance(Duration::from_mins(1));
    app.journal.wait_for("erase", 1).await;
}

#[tokio::test]
async fn whoever_registers_elsewhere_is_a_member_here_at_once() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    assert!(app.session(&browser).await.membership.is_none());
    app.users.add(ALICE);
    assert!(app.session(&browser).await.membership.is_some());
    app.users.delete(ALICE);
    assert!(
        !is_signed_in(&app, &browser).await,
        "seen to be a member, hence gone"
    );
}

#[tokio::test]
async fn an_unknown_membership_is_a_503_and_costs_nothing() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    browser.post("/member/update", &[("language", "en")]).await;
    app.users.fail("*");
    let answer = browser.get("/member/session").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.headers["cache-control"], "no-store");
    app.users.recover();
    let session = app.session(&browser).await;
    assert!(session.membership.is_some());
    assert_eq!(session.flash, [Flash::Saved], "the news waited");
}

#[tokio::test]
async fn the_friendship_is_what_events_said_and_before_the_first_what_line_said() {
    use users_client::Friendship as Told;
    for (friend, told, shown) in [
        (false, Told::Unknown, Friendship::Unknown),
        (true, Told::Unknown, Friendship::Following),
        (true, Told::Blocked, Friendship::Blocked),
        (false, Told::Following, Friendship::Following),
    ] {
        let app = TestApp::start().await;
        if friend {
            app.line.befriend();
        }
        app.users.add(ALICE);
        app.users.change(ALICE, |member| member.friendship = told);
        let browser = app.signed_in(ALICE).await;
        assert_eq!(
            app.session(&browser).await.membership.unwrap().friendship,
            shown
        );
    }
}

#[tokio::test]
async fn the_store_alone_opens_nothing() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser
        .post("/member", &[("display_name", "Canary Form")])
        .await;
    let id = browser.cookie(SESSION).unwrap();
    let mut rows = app.rows().await;
    let digests = rows.bytes("select session_digest from session").await;
    assert_eq!(digests[0].len(), 32);
    let kept = [
        digests,
        rows.bytes("select person_digest from session").await,
        rows.bytes("select sealed from session").await,
        rows.bytes("select sealed from kept_form").await,
    ]
    .concat();
    assert_eq!(kept.len(), 4);
    for secret in [
        id.as_str(),
        ALICE,
        "canary-access-token",
        "Canary Name",
        "Canary Form",
    ] {
        let found = kept
            .iter()
            .any(|kept| testkit::fault_proxy::contains(kept, secret));
        assert!(!found, "{secret}");
    }
}

#[tokio::test]
async fn what_is_sealed_opens_with_its_own_cookie_only() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.signed_in(ALICE).await, app.signed_in(BOB).await);
    // Somebody who can write to the store gives both rows the seal of one.
    app.rows()
        .await
        .run("update session set sealed = (select sealed from session order by person_digest limit 1)")
        .await;
    let (alice, bob) = (app.session(&alice).await, app.session(&bob).await);
    assert!(
        alice.visitor.is_some() != bob.visitor.is_some(),
        "one opens its own, the other nothing"
    );
}

#[tokio::test]
async fn a_store_that_is_stuck_is_told_in_time() {
    let app = TestApp::start().await;
    let mut other = app.rows().await;
    let hold = match testkit::database::kind() {
        DatabaseKind::Sqlite => "begin immediate",
        DatabaseKind::Postgres => "begin; lock table login",
    };
    other.run(hold).await;
    let started = Instant::now();
    let mut waiting = JoinSet::new();
    for _ in 0..30 {
        let browser = app.browser();
        waiting.spawn(async move { browser.get("/auth/login?lang=en").await });
    }
    for answer in waiting.join_all().await {
        assert_eq!(answer.location(), "/en/sign-in-failed/unavailable");
    }
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn sessions_outlive_a_restart() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let app = app.restart().await;
    assert!(is_signed_in(&app, &browser).await);
}

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for (method, path) in [
        (Method::GET, "/auth/login"),
        (Method::GET, "/auth/callback?code=a&state=b"),
        (Method::GET, "/member/session"),
        (Method::POST, "/member"),
        (Method::GET, "/auth/logout"),
        (Method::GET, "/nowhere"),
    ] {
        let answer = browser.send(browser.request(method, path)).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(
            header("strict-transport-security"),
            "max-age=31536000; includeSubDomains"
        );
    }
}

#[tokio::test]
async fn u09_a_member_sees_and_changes_nobody_but_themself() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    app.users.add(BOB);
    let browser = app.signed_in(ALICE).await;
    for path in [
        format!("/member/{BOB}"),
        format!("/member/session/{BOB}"),
        format!("/users/{BOB}"),
    ] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
    app.users
        .change(BOB, |bob| bob.display_name = "Bob the other".into());
    let before = app.users.get(BOB);
    let asked = browser.get(&format!("/member/session?luid={BOB}")).await;
    assert!(!asked.text().contains("Bob the other"));

    app.drawn(&browser, Some(FormKind::Update)).await;
    let fields = [
        ("display_name", "Alice herself"),
        ("language", "ja"),
        ("page_language", "ja"),
        ("luid", BOB),
    ];
    browser.post(UpdateForm::ACTION, &fields).await;
    assert!(app.users.get(BOB) == before);
}
