//! Which requests may change something.

use http::{Method, header};

use crate::harness::{ALICE, PUBLIC_URL, TestApp};

const FORMS: [&str; 6] = [
    "/member",
    "/member/update",
    "/member/withdraw",
    "/member/download",
    "/member/leave",
    "/auth/logout",
];

#[tokio::test]
async fn l36_a_form_from_elsewhere_is_refused() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    let before = app.journal.entries();
    for headers in [
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "null"), ("sec-fetch-site", "same-origin")],
        vec![("origin", "http://member.example.test")],
        vec![("origin", "https://member.example.test:8443")],
        vec![("origin", "https://member.example.test.evil.example")],
        vec![("origin", "HTTPS://MEMBER.EXAMPLE.TEST")],
        vec![("origin", PUBLIC_URL), ("sec-fetch-site", "cross-site")],
        vec![("origin", PUBLIC_URL), ("sec-fetch-site", "same-site")],
        vec![("origin", PUBLIC_URL), ("sec-fetch-site", "")],
        vec![("origin", PUBLIC_URL), ("origin", "https://evil.example")],
        vec![("sec-fetch-site", "none")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("referer", "https://member.example.test/en/")],
        vec![],
    ] {
        for path in FORMS {
            let mut request = browser
                .request(Method::POST, path)
                .form(&[("language", "en")]);
            for (name, value) in &headers {
                request = request.header(*name, *value);
            }
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
        }
    }
    // Whatever the method, and whether or not anything is there.
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        for path in ["/member", "/member/session", "/auth/login", "/nowhere"] {
            let request = browser.request(method.clone(), path);
            let request = request.header("sec-fetch-site", "cross-site");
            assert_eq!(browser.send(request).await.status, 403, "{method} {path}");
        }
    }
    assert_eq!(app.journal.entries(), before, "nobody was asked anything");
    assert!(app.session(&browser).await.visitor.is_some());
}

#[tokio::test]
async fn a_form_of_ours_is_served() {
    let app = TestApp::start().await;
    for headers in [
        vec![("origin", PUBLIC_URL)],
        vec![("origin", PUBLIC_URL), ("sec-fetch-site", "same-origin")],
        vec![("origin", PUBLIC_URL), ("sec-fetch-site", "none")],
        vec![("sec-fetch-site", "same-origin")],
    ] {
        let browser = app.browser();
        let mut request = browser
            .request(Method::POST, "/auth/logout")
            .form(&[("a", "b")]);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        assert_eq!(
            browser.send(request).await.location(),
            "/en/",
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn l35_only_post_changes_anything() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    for path in FORMS {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.headers["allow"], "POST");
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let request = browser
            .request(method, "/member")
            .header(header::ORIGIN, PUBLIC_URL);
        assert_eq!(browser.send(request).await.status, 405);
    }
    assert!(app.session(&browser).await.visitor.is_some());
}

#[tokio::test]
async fn a_form_has_16_kib_and_its_own_media_type() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let name = "a".repeat(17 * 1024);
    let answer = browser.post("/member", &[("display_name", &name)]).await;
    assert_eq!(answer.status, 413);
    for (media_type, body) in [
        ("application/json", r#"{"display_name":"Alice"}"#),
        ("text/plain", "display_name=Alice"),
    ] {
        let request = browser
            .request(Method::POST, "/member")
            .header(header::ORIGIN, PUBLIC_URL)
            .header(header::CONTENT_TYPE, media_type)
            .body(body);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, 415, "{media_type}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    assert_eq!(app.journal.count("register"), 0);
}
