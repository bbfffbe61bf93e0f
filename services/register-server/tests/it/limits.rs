//! How often one visitor may sign in, and that nobody pays for what another does.

use std::time::Duration;

use http::Method;

use crate::harness::{ALICE, Answer, Browser, NAVIGATION, TestApp};

const HERE: &str = "203.0.113.7";
const ELSEWHERE: &str = "203.0.113.8";

/// A request as it comes from the ingress, which has it from `address`.
async fn get_from(browser: &Browser, address: &str, path: &str) -> Answer {
    let request = browser
        .request(Method::GET, path)
        .header("x-forwarded-for", address);
    browser.send(request).await
}

/// Somebody with a browser that we have never seen begins to sign in.
async fn login_from(app: &TestApp, address: &str) -> Answer {
    get_from(&app.browser(), address, "/auth/login?lang=en").await
}

/// So many of `times` are let in.
async fn let_in(app: &TestApp, address: &str, times: usize) -> usize {
    let mut let_in = 0;
    for _ in 0..times {
        let answer = login_from(app, address).await;
        assert!([303, 429].contains(&answer.status.as_u16()), "{answer:?}");
        let_in += usize::from(answer.status == 303);
    }
    let_in
}

#[tokio::test]
async fn l43_a_hundred_logins_a_minute_from_one_address_are_too_many() {
    let app = TestApp::start().await;
    assert_eq!(let_in(&app, HERE, 100).await, 20);
    let refused = login_from(&app, HERE).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    assert_eq!(refused.headers["retry-after"], "7");
    app.clock.advance(Duration::from_secs(7));
    assert_eq!(let_in(&app, HERE, 2).await, 1, "having asked costs nothing");
    app.clock.advance(Duration::from_mins(2));
    assert_eq!(let_in(&app, HERE, 30).await, 20);
}

#[tokio::test]
async fn l43_a_hundred_callbacks_a_minute_are_too_many_and_counted_apart() {
    let app = TestApp::start().await;
    let junk = "/auth/callback?code=a&state=b";
    let mut let_in = 0;
    for _ in 0..100 {
        let answer = get_from(&app.browser(), HERE, junk).await;
        let_in += usize::from(answer.status == 303);
    }
    assert_eq!(let_in, 60);
    assert_eq!(app.journal.entries(), [""; 0], "LINE heard nothing");
    assert_eq!(login_from(&app, HERE).await.status, 303);
}

#[tokio::test]
async fn l43_people_see_a_page_that_says_when_to_come_back() {
    let app = TestApp::start().await;
    let_in(&app, HERE, 20).await;
    for path in ["/auth/login?lang=en", "/auth/login"] {
        let request = app
            .browser()
            .request(Method::GET, path)
            .header("accept", NAVIGATION)
            .header("accept-language", "ja")
            .header("x-forwarded-for", HERE);
        let answer = app.browser().send(request).await;
        assert_eq!(answer.location(), "/ja/sign-in-failed/too-many");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn l43_nobody_is_kept_out_by_what_another_does() {
    let app = TestApp::start().await;
    let neighbour = app.browser();
    let started = get_from(&neighbour, HERE, "/auth/login?lang=en").await;
    assert_eq!(let_in(&app, HERE, 40).await, 19);
    for _ in 0..100 {
        get_from(&app.browser(), HERE, "/auth/callback?code=a&state=b").await;
    }
    assert_eq!(login_from(&app, ELSEWHERE).await.status, 303);
    // A browser that was seen before counts for itself, behind the very same address.
    let code = app.line.consent(&started.line_page(), ALICE);
    let back = format!(
        "/auth/callback?code={code}&state={}",
        started.parameter("state")
    );
    let answer = get_from(&neighbour, HERE, &back).await;
    assert_eq!(answer.location(), "/en/register");
    let again = get_from(&neighbour, HERE, "/auth/login?lang=en").await;
    assert_eq!(again.status, 303);
    // Such a browser cannot be made up.
    let forged = app.browser();
    forged.set_cookie("__Host-kaiin-login", &format!("{}.en", "A".repeat(43)));
    let answer = get_from(&forged, HERE, "/auth/login?lang=en").await;
    assert_eq!(answer.status, 429);
    // And it has no more than others have.
    let mut let_in = 0;
    for _ in 0..40 {
        let answer = get_from(&neighbour, HERE, "/auth/login?lang=en").await;
        let_in += usize::from(answer.status == 303);
    }
    assert_eq!(let_in, 19);
}

#[tokio::test]
async fn l43_nobody_counts_for_somebody_else() {
    let app = TestApp::start().await;
    // What stands before the ingress's own word is hearsay: it neither frees the one nor burdens the other.
    for turn in 0..20_u8 {
        login_from(&app, &format!("{ELSEWHERE}, {HERE}")).await;
        login_from(&app, &format!("198.51.100.{turn}, {HERE}")).await;
    }
    assert_eq!(login_from(&app, HERE).await.status, 429);
    assert_eq!(let_in(&app, ELSEWHERE, 20).await, 20);
    // Whom nobody names may be everybody: nothing is counted.
    assert_eq!(let_in(&app, "10.0.0.9", 30).await, 30);
    assert_eq!(let_in(&app, "unknown", 30).await, 30);
}

#[tokio::test]
async fn l43_without_a_proxy_the_header_counts_for_nothing() {
    let app = TestApp::start_with(|config| {
        config.trusted_proxies = vec!["192.0.2.1/32".parse().unwrap()];
    })
    .await;
    let mut let_in = 0;
    for turn in 0..40_u8 {
        let answer = login_from(&app, &format!("198.51.100.{turn}")).await;
        let_in += usize::from(answer.status == 303);
    }
    assert_eq!(let_in, 20, "all of them came from one place");
}
