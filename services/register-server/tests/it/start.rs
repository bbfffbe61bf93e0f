//! `GET /auth/login`.

use crate::harness::{ALICE, NAVIGATION, PUBLIC_URL, TestApp};
use http::Method;
use member_session::{Language, Page, login_path_to};
use service_kit::DatabaseKind;

#[tokio::test]
async fn l01_signing_in_starts_with_a_303_that_nobody_can_guess() {
    let app = TestApp::start().await;
    let answer = app.browser().get("/auth/login?lang=zh-TW").await;
    let page = answer.line_page();
    assert_eq!(page.path(), "/oauth2/v2.1/authorize");
    for name in ["state", "nonce"] {
        let value = answer.parameter(name);
        assert_eq!(value.len(), 64, "{name}: 256 bits in hexadecimal");
        assert!(value.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    assert_eq!(answer.parameter("code_challenge").len(), 43);
    assert_eq!(answer.parameter("code_challenge_method"), "S256");
    assert_eq!(answer.parameter("response_type"), "code");
    assert_eq!(answer.parameter("scope"), "openid profile");
    assert_eq!(answer.parameter("bot_prompt"), "normal");
    assert_eq!(answer.parameter("ui_locales"), "zh-TW");
    assert!(!page.as_str().contains("disable_auto_login"));
    assert!(page.as_str().contains("openid%20profile"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let cookie = answer.set_cookie("__Host-kaiin-login").unwrap();
    assert!(cookie.contains("Max-Age=600"), "{cookie}");
}

#[tokio::test]
async fn no_two_attempts_share_a_value() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let (one, two) = (
        browser.get("/auth/login").await,
        browser.get("/auth/login").await,
    );
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(one.parameter(name), two.parameter(name), "{name}");
    }
}

#[tokio::test]
async fn the_retry_after_a_failed_auto_login_asks_for_none() {
    let app = TestApp::start().await;
    let path = member_session::login_path(member_session::Language::Ja, true);
    let answer = app.browser().get(&path).await;
    assert_eq!(answer.parameter("disable_auto_login"), "true");
    assert_eq!(answer.parameter("ui_locales"), "ja");
}

#[tokio::test]
async fn the_store_holds_neither_state_nor_cookie() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let answer = browser.get("/auth/login").await;
    let cookie = browser.cookie("__Host-kaiin-login").unwrap();
    let mut rows = app.rows().await;
    for digest in ["state_digest", "browser_digest"] {
        let stored = rows.bytes(&format!("select {digest} from login")).await;
        assert_eq!(stored[0].len(), 32);
        assert_ne!(stored[0], answer.parameter("state").into_bytes());
        assert!(!cookie.as_bytes().windows(32).any(|part| part == stored[0]));
    }
}

/// Where a member ends up who began with this `next`.
async fn next(app: &TestApp, next: &str) -> String {
    let browser = app.browser();
    let begin = format!("/auth/login?lang=en&next={next}");
    let started = browser.get(&begin).await;
    let code = app.line.consent(&started.line_page(), ALICE);
    let answer = app.come_back(&browser, &started, &code).await;
    assert!(answer.set_cookie("evil").is_none());
    answer.location().to_owned()
}

#[tokio::test]
async fn l29_no_address_but_a_page_of_ours_is_come_back_to() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    for odd in [
        "https://evil.example",
        "//evil.example",
        "/%5cevil.example",
        "/%2f%2fevil.example",
        "%2f%2fevil.example",
        "%09//evil.example",
        "%0a//evil.example",
        "%09/en/leave",
        "javascript:alert(1)",
        "%0d%0aSet-Cookie:%20evil=1",
        "/en/leave%0d%0aSet-Cookie:%20evil=1",
        "/..//evil.example",
        "/en/leave/..//evil.example",
        "https://us@evil.example",
        "https://member.example.test/en/leave",
        "/en/leave?x=//evil.example",
        "/en/leave/",
        "/EN/leave",
        "/xx/leave",
        "/en/",
        "/auth/logout",
        "",
        "leave",
        "leave&next=/en/leave",
    ] {
        assert_eq!(next(&app, odd).await, "/en/membership", "{odd}");
    }
    // The way back is in the language of the sign-in, whatever language the path was in.
    assert_eq!(next(&app, "/ja/leave").await, "/en/leave");
    let to_leave = login_path_to(Language::En, Page::Leave);
    let path = to_leave.split_once("next=").unwrap().1;
    assert_eq!(next(&app, path).await, "/en/leave");
    // Nobody leaves who is not a member.
    app.users.delete(ALICE);
    assert_eq!(next(&app, path).await, "/en/register");
}

#[tokio::test]
async fn l30_another_host_is_not_served() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for (method, path) in [
        (Method::GET, "/auth/login"),
        (Method::GET, "/auth/callback?code=a&state=b"),
        (Method::POST, "/auth/logout"),
        (Method::POST, "/member"),
        (Method::GET, "/nowhere"),
    ] {
        for host in [
            "evil.example",
            "member.example.test.evil.example",
            "member.example.test:8443",
            "member.example.test:80",
            "evil.example:443",
            "127.0.0.1",
        ] {
            let request = browser
                .request_by_name(method.clone(), path, host)
                .header("origin", PUBLIC_URL);
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 421, "{host} {path}");
            assert!(answer.text().contains(PUBLIC_URL), "it says where to go");
            assert!(!answer.text().contains("evil"), "{host}");
        }
    }
    // Whoever typed another name of this machine is sent to where their cookies will be.
    let typed = |method| {
        browser
            .request_by_name(method, "/auth/login?lang=ja", "localhost")
            .header("origin", PUBLIC_URL)
            .header("accept", NAVIGATION)
            .header("accept-language", "th")
    };
    let answer = browser.send(typed(Method::GET)).await;
    assert_eq!(answer.location(), format!("{PUBLIC_URL}/th/"));
    assert_eq!(browser.send(typed(Method::POST)).await.status, 421);
    for host in ["MEMBER.example.test", "member.example.test:443"] {
        let request = browser.request_by_name(Method::GET, "/auth/login", host);
        let answer = browser.send(request).await;
        let back = format!("{PUBLIC_URL}/auth/callback");
        assert_eq!(answer.parameter("redirect_uri"), back, "{host}");
    }
}

#[tokio::test]
async fn l31_what_a_request_says_of_its_way_moves_nothing() {
    let app = TestApp::start().await;
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x_forwarded_host", "evil.example"),
        ("x-original-url", "/auth/logout"),
        ("forwarded", "host=evil.example;proto=http"),
    ] {
        let browser = app.browser();
        let request = browser
            .request(Method::GET, "/auth/login")
            .header(name, value);
        let answer = browser.send(request).await;
        assert_eq!(
            answer.parameter("redirect_uri"),
            format!("{PUBLIC_URL}/auth/callback"),
            "{name}"
        );
        assert!(!answer.location().contains("evil"), "{name}");
    }
}

#[tokio::test]
async fn odd_parameters_are_as_good_as_none() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let request = browser
        .request(
            Method::GET,
            "/auth/login?lang=%ff%00&lang=ja&without_auto_login=maybe&x=1",
        )
        .header("accept-language", "fr-FR, zh-Hant;q=0.8, en;q=0.5");
    let answer = browser.send(request).await;
    assert_eq!(answer.parameter("ui_locales"), "zh-TW");
    assert!(!answer.location().contains("disable_auto_login"));
}

#[tokio::test]
async fn l44_a_hundred_thousand_abandoned_logins_push_nobody_out() {
    let app = TestApp::start_with(|config| config.sign_ins_per_minute = 1000).await;
    let mut rows = app.rows().await;
    let honest = app.browser();
    let started = honest.get("/auth/login?lang=en").await;
    let place = rows.number("select cast(place as bigint) from login").await;
    assert!((0..256).contains(&place));
    // Everybody's places are full of what was begun since, and never came back.
    let (numbers, digest) = match testkit::database::kind() {
        DatabaseKind::Sqlite => (
            "(with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
              select i from n)",
            "randomblob(32)",
        ),
        DatabaseKind::Postgres => ("generate_series(1, 100000) as n(i)", "sha256(int4send(i))"),
    };
    let now = app.clock.now().as_millis();
    rows.run(&format!(
        "insert into login
         (state_digest, browser_digest, nonce, pkce_verifier, language, created_at, place)
         select {digest}, {digest}, '', '', 'en', {now}, (i + {place}) % 256 from {numbers}
         where i % 256 <> 0"
    ))
    .await;
    let flood = async |address: &str| {
        let request = app
            .browser()
            .request(Method::GET, "/auth/login")
            .header("x-forwarded-for", address);
        app.browser().send(request).await.line_page();
    };
    // Somebody at an address that does not happen to share the honest one's place.
    let mut addresses = (1..=50).map(|last| format!("203.0.113.{last}"));
    let address = loop {
        let address = addresses
            .next()
            .expect("addresses have places of their own");
        flood(&address).await;
        let latest = "select cast(place as bigint) from login order by login_id desc limit 1";
        if rows.number(latest).await != place {
            break address;
        }
    };
    let before = rows.count("login").await;
    for _ in 0..40 {
        flood(&address).await;
    }
    let more = rows.count("login").await - before;
    assert!(more < 12, "its own place made room: {more}");
    let fullest = "select max(many) from (select count(*) as many from login group by place) as p";
    assert_eq!(rows.number(fullest).await, 400);
    let code = app.line.consent(&started.line_page(), ALICE);
    let answer = app.come_back(&honest, &started, &code).await;
    assert_eq!(answer.location(), "/en/register");
}

#[tokio::test]
async fn l44_abandoned_logins_are_forgotten() {
    let app = TestApp::start().await;
    let browser = app.browser();
    for _ in 0..20 {
        browser.get("/auth/login").await.line_page();
    }
    let mut rows = app.rows().await;
    assert_eq!(rows.count("login").await, 16, "one browser has no more");
    app.clock.advance(std::time::Duration::from_mins(10));
    browser.get("/auth/login").await.line_page();
    assert_eq!(rows.count("login").await, 1, "the old ones are forgotten");
}
