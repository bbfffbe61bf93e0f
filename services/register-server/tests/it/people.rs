//! What people see where a program gets a problem.

use http::{Method, header};
use member_session::Flash;

use crate::harness::{ALICE, NAVIGATION, PUBLIC_URL, TestApp};

#[tokio::test]
async fn whoever_opens_the_address_of_a_form_sees_the_form() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser.set_cookie("kaiin-lang", "th");
    for (path, page) in [
        ("/member", "/th/register"),
        ("/member/update", "/th/membership"),
        ("/member/leave", "/th/leave"),
        ("/auth/logout", "/th/"),
        ("/auth/nowhere", "/th/nowhere"),
        ("/member/nowhere", "/th/nowhere"),
    ] {
        let answer = browser.navigate(Method::GET, path).await;
        assert_eq!(answer.location(), page, "{path}");
        assert!(browser.cookie("__Host-kaiin-flash").is_none());
    }
    assert!(
        app.session(&browser).await.visitor.is_some(),
        "nothing else happened"
    );
}

#[tokio::test]
async fn a_form_that_we_cannot_take_is_said_to_be_one() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let before = app.journal.entries();
    let form = |path| {
        browser
            .request(Method::POST, path)
            .header(header::ACCEPT, NAVIGATION)
            .header(header::ACCEPT_LANGUAGE, "ja")
    };
    let large = format!("display_name={}", "a".repeat(17 * 1024));
    let kind = "application/x-www-form-urlencoded";
    for (request, page) in [
        // From somebody else's page, too large, and of another kind.
        (
            form("/member/leave")
                .header("origin", "https://evil.example")
                .body(""),
            "/ja/leave",
        ),
        (
            form("/auth/logout").header("origin", "null").body(""),
            "/ja/",
        ),
        (
            form("/member")
                .header("origin", PUBLIC_URL)
                .header("content-type", kind)
                .body(large),
            "/ja/register",
        ),
        (
            form("/member/update")
                .header("origin", PUBLIC_URL)
                .header("content-type", "text/plain")
                .body("a=b"),
            "/ja/membership",
        ),
    ] {
        let answer = browser.send(request).await;
        assert_eq!(answer.location(), page);
        assert_eq!(app.session(&browser).await.flash, [Flash::NotTaken]);
    }
    assert!(app.session(&browser).await.visitor.is_some());
    assert_eq!(app.journal.count("leave") + app.journal.count("revoke"), 0);
    assert_eq!(
        app.journal.count("token"),
        before.iter().filter(|one| **one == "token").count()
    );
}

#[tokio::test]
async fn a_program_gets_the_problem_itself() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for accept in ["*/*", "application/json", ""] {
        for (method, path, status) in [
            (Method::GET, "/member/update", 405),
            (Method::GET, "/auth/nowhere", 404),
            (Method::POST, "/member", 403),
        ] {
            let request = browser.request(method, path).header(header::ACCEPT, accept);
            let answer = browser.send(request).await;
            assert_eq!(answer.status, status, "{accept} {path}");
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
    }
}

#[tokio::test]
async fn l41_no_answer_may_be_framed() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for path in [
        "/auth/login",
        "/auth/callback",
        "/auth/logout",
        "/member",
        "/member/session",
        "/nowhere",
    ] {
        for accept in ["*/*", NAVIGATION] {
            let request = browser
                .request(Method::GET, path)
                .header(header::ACCEPT, accept);
            let answer = browser.send(request).await;
            let policy = answer.headers["content-security-policy"].to_str().unwrap();
            for part in [
                "default-src 'none'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            ] {
                assert!(policy.contains(part), "{path}: {policy}");
            }
        }
    }
}
