use member_session::Session;
use register_client::{App, BuildError};
use service_kit::Profile;
use service_kit::public_url::PublicUrlError;

use crate::harness::{Website, config, member, visitor};

const HOSTILE: &str = "\"><img src=x onerror=alert(1)>'</title></textarea>&lt;%{brand}";

#[tokio::test]
async fn l39_what_people_call_themselves_is_text_everywhere() {
    let website = Website::start().await;
    let hostile_form = serde_json::from_value(serde_json::json!({
        "values": {"display_name": HOSTILE, "language": HOSTILE},
        "errors": [{"field": HOSTILE, "problem": "invalid"}],
    }));
    let form: Option<member_session::Form> = hostile_form.unwrap();
    for (path, session) in [
        ("/en/", visitor(HOSTILE)),
        ("/en/", member(HOSTILE)),
        ("/en/welcome", member(HOSTILE)),
        ("/en/membership", member(HOSTILE)),
        ("/en/register", visitor(HOSTILE)),
        (
            "/en/register",
            Session {
                form: form.clone(),
                ..visitor("Alice")
            },
        ),
        ("/en/%22%3E%3Cimg%20src=x%3E", visitor("Alice")),
        (
            "/en/register?notice=%22%3E%3Cimg%20src=x%3E",
            visitor("Alice"),
        ),
    ] {
        website.register_server.says(&session);
        let page = website.get(path).await;
        page.says_not("<img src=x");
        page.says_not("</title></textarea>");
        assert_eq!(page.html.matches("<title>").count(), 1);
        assert_eq!(page.html.matches("<img").count(), 1, "the brand's: {path}");
    }
    website.register_server.says(&member(HOSTILE));
    let page = website.get("/en/membership").await;
    page.says("&lt;img src=x onerror=alert(1)&gt;");
    // A name is never itself filled in.
    page.says("%{brand}");
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let website = Website::start().await;
    for path in [
        "/",
        "/en/",
        "/en/membership",
        "/en/terms",
        "/nowhere",
        "/favicon.ico",
        "/assets/none",
    ] {
        let answer = website.get(path).await;
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(
            answer.header("strict-transport-security"),
            "",
            "not on a laptop"
        );
    }
}

#[tokio::test]
async fn production_is_https_only() {
    let website = Website::start_with(|config| {
        config.profile = Profile::Production;
        config.public_url = "https://kaiin.example".parse().unwrap();
    })
    .await;
    let answer = website.get("/en/").await;
    assert!(
        answer
            .header("strict-transport-security")
            .starts_with("max-age=31536000")
    );

    let folder = tempfile::tempdir().unwrap();
    let mut plain = config(website.register_server.addr, folder.path());
    plain.profile = Profile::Production;
    let refused = App::build(plain).await.err().unwrap();
    assert!(
        matches!(refused, BuildError::PublicUrl(PublicUrlError::NotHttps)),
        "{refused}"
    );
}

#[tokio::test]
async fn pages_about_a_person_are_stored_nowhere() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    for path in ["/en/", "/en/membership", "/en/welcome", "/en/leave"] {
        assert_eq!(
            website.get(path).await.header("cache-control"),
            "no-store",
            "{path}"
        );
    }
}

#[tokio::test]
async fn files_are_kept_for_ever_under_their_own_name_only() {
    let website = Website::start().await;
    let page = website.get("/en/").await;
    let style = page
        .html
        .split('"')
        .find(|word| word.starts_with("/assets/style"))
        .unwrap();
    let answer = website.get(style).await;
    assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=31536000, immutable"
    );

    // A page of the version before asks for its own stylesheet and must not stand there naked.
    let older = website.get("/assets/style.0123456789abcdef.css").await;
    assert_eq!(
        (older.status, older.header("cache-control")),
        (200, "no-cache")
    );
    assert_eq!(website.get("/assets/script.js").await.status, 404);
}

#[tokio::test]
async fn pages_are_only_read() {
    let website = Website::start().await;
    let answer = website
        .send(website.client.post(website.url("/th/membership")))
        .await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), "GET,HEAD");
    answer.says("<html lang=\"th\">");
}
