use http::{Method, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{ALICE, Answer, START, TestApp, answer, candidate, consent};

async fn post_raw(app: &TestApp, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = app.request("register-server", Method::POST, "/register");
    answer(
        request
            .header(header::CONTENT_TYPE, content_type)
            .body(body),
    )
    .await
}

async fn post_json(app: &TestApp, body: &str) -> Answer {
    post_raw(app, "application/json", body.to_owned()).await
}

/// The status of a request line sent byte by byte, since HTTP clients tidy paths up.
async fn raw_status(app: &TestApp, line: &str) -> u16 {
    let host = app.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let token = app.token("admin");
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn u12_an_id_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for id in [
        "%2e%2e%2f",
        "%00",
        "U1%00",
        "U%20",
        "U1'--",
        "%F0%9F%91%BB",
        "U%D0%B0",
        "%ff",
        &"U".repeat(81),
        &"U".repeat(300),
    ] {
        let answer = app.get("admin", &format!("/users/{id}")).await.assert(400);
        assert_eq!(answer.problem().kind, "/problems/bad-request");
        app.delete("admin", &format!("/users/{id}"))
            .await
            .assert(400);
        app.get("webhook", &format!("/users/{id}/membership"))
            .await
            .assert(400);
    }
    app.get("admin", &format!("/users/{}", "U".repeat(80)))
        .await
        .assert(404);
    for line in [
        "GET /users/%2e%2e",
        "GET /users/../users/x",
        "GET /users//",
        "GET /users/..%2f/",
    ] {
        let status = raw_status(&app, line).await;
        assert!([400, 404].contains(&status), "{line}: {status}");
    }
}

#[tokio::test]
async fn u15_wrong_shapes_are_refused() {
    let app = TestApp::start().await;
    for body in [
        "null",
        "[]",
        "7",
        "{}",
        r#"{"luid":"U1"}"#,
        r#"{"luid":7,"display_name":"x"}"#,
        r#"{"luid":"U1","display_name":null}"#,
        r#"{"luid":"U1","display_name":"x","signed_in_at":1e400}"#,
        r#"{"luid":"U1","display_name":"x","signed_in_at":-1e400}"#,
        r#"{"luid":"U1","display_name":"x","signed_in_at":1.5}"#,
        r#"{"luid":"U1","display_name":"x","signed_in_at":99999999999999999999}"#,
        r#"{"luid":"U1","display_name":"x","luid":"U2"}"#,
        r#"{"luid":"U1","display_name":"x","role":"admin"}"#,
        r#"{"luid":"U1","display_name":"x","consents":{}}"#,
        r#"{"luid":"U1","display_name":"x","consents":[{"purpose":"news"}]}"#,
        r#"{"luid":"U1","display_name":"\ud800"}"#,
    ] {
        let answer = post_json(&app, body).await.assert(422);
        assert_eq!(answer.problem().kind, "/problems/invalid-fields", "{body}");
    }
    assert_eq!(app.count("select count(*) from member").await, 0);
}

#[tokio::test]
async fn u15_a_wrong_shape_is_pointed_at() {
    let app = TestApp::start().await;
    for (body, pointer) in [
        (r#"{"luid":7,"display_name":"x"}"#, "/luid"),
        (
            r#"{"luid":"U1","display_name":"x","role":"admin"}"#,
            "/role",
        ),
        (
            r#"{"luid":"U1","display_name":"x","consents":[{"purpose":"news","granted":"yes"}]}"#,
            "/consents/0/granted",
        ),
    ] {
        assert_eq!(
            post_json(&app, body).await.assert(422).pointers(),
            [pointer]
        );
    }
}

#[tokio::test]
async fn what_is_not_even_json_is_a_bad_request() {
    let app = TestApp::start().await;
    let deep = "[".repeat(30_000);
    for body in [
        "",
        "{",
        "{'luid':'U1'}",
        "<xml/>",
        "\u{feff}{}",
        "{} {}",
        &deep,
    ] {
        post_json(&app, body).await.assert(400).problem();
    }
    let invalid_utf8 = b"{\"luid\":\"\xff\"}".to_vec();
    post_raw(&app, "application/json", invalid_utf8)
        .await
        .assert(400)
        .problem();
}

#[tokio::test]
async fn u16_another_media_type_is_refused() {
    let app = TestApp::start().await;
    let body = candidate(ALICE).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
    ] {
        post_raw(&app, content_type, body.clone())
            .await
            .assert(415)
            .problem();
    }
    let untyped = app
        .request("register-server", Method::POST, "/register")
        .body(body.clone());
    answer(untyped).await.assert(415).problem();
    post_raw(&app, "application/json; charset=utf-8", body)
        .await
        .assert(201);
}

#[tokio::test]
async fn u17_a_body_over_64_kib_is_refused() {
    let app = TestApp::start().await;
    let mut body = candidate(ALICE);
    body["padding"] = json!("x".repeat(64 * 1024));
    post_json(&app, &body.to_string())
        .await
        .assert(413)
        .problem();
    let chunks = (0..100).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024]));
    let unsized_body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    post_raw(&app, "application/json", unsized_body)
        .await
        .assert(413)
        .problem();
    let largest =
        " ".repeat(64 * 1024 - candidate(ALICE).to_string().len()) + &candidate(ALICE).to_string();
    post_json(&app, &largest).await.assert(201);
}

#[tokio::test]
async fn u22_connect_and_trace_are_no_methods_here() {
    let app = TestApp::start().await;
    assert_eq!(raw_status(&app, "TRACE /users").await, 405);
    let connect = raw_status(&app, "CONNECT example.com:443").await;
    assert!([400, 404, 405].contains(&connect), "{connect}");
}

#[tokio::test]
async fn u13_sql_in_values_is_only_text() {
    let app = TestApp::start().await;
    let name = "Robert'); drop table member;--";
    let body = json!({ "luid": ALICE, "display_name": name, "signed_in_at": START });
    app.post("register-server", "/register", &body)
        .await
        .assert(201);
    let member: Value = app
        .get("viewer", &format!("/users/{ALICE}"))
        .await
        .assert(200)
        .json();
    assert_eq!(member["display_name"], name);
}

#[tokio::test]
async fn a_nul_character_is_refused_by_its_pointer_or_made_harmless() {
    let app = TestApp::start().await;
    app.register(ALICE).await.assert(201);
    let path = format!("/users/{ALICE}");
    let words = |field: &str, text: &str| {
        let mut words = json!([consent("news", true)]);
        words[0][field] = json!(text);
        words
    };
    let event = json!({ "friendship": "following", "event_at": START, "event_id": "e\0" });
    for (answer, pointer) in [
        (
            app.patch("editor", &path, &json!({ "display_name": "A\0lice" }))
                .await,
            "/display_name",
        ),
        (
            app.patch("editor", &path, &json!({ "language": "zh\0" }))
                .await,
            "/language",
        ),
        (
            app.patch("editor", &path, &json!({ "time_zone": "Asia/Taipei\0" }))
                .await,
            "/time_zone",
        ),
        (
            app.put("webhook", &format!("{path}/friendship"), &event)
                .await,
            "/event_id",
        ),
    ] {
        assert_eq!(answer.assert(422).pointers(), [pointer]);
    }
    for field in ["purpose", "version", "language", "channel"] {
        let answer = app
            .post(
                "register-server",
                &format!("{path}/consents"),
                &words(field, "x\0"),
            )
            .await;
        assert_eq!(answer.assert(422).pointers(), [format!("/0/{field}")]);
    }
    let mut body = candidate("U1\0");
    let answer = app.post("register-server", "/register", &body).await;
    assert_eq!(answer.assert(422).pointers(), ["/luid"]);
    body["luid"] = json!("U1");
    for (url, stored) in [
        ("https://pictures.test/a\0b", "https://pictures.test/a%00b"),
        (
            "https://pictures.test/?a\0b#c\0d",
            "https://pictures.test/?a%00b#c%00d",
        ),
        ("https://pictures.test/a\0", "https://pictures.test/a"),
    ] {
        body["picture_url"] = json!(url);
        let member = app.post("register-server", "/register", &body).await;
        assert_eq!(member.assert(201).json::<Value>()["picture_url"], stored);
        app.delete("admin", "/users/U1").await.assert(204);
        app.clock.advance(std::time::Duration::from_secs(1));
        body["signed_in_at"] = json!(app.now());
    }
    body["picture_url"] = json!("https://pictures\0.test/");
    let answer = app.post("register-server", "/register", &body).await;
    assert_eq!(answer.assert(422).pointers(), ["/picture_url"]);
    app.get("push-msg", "/audiences/members?consent=a%00")
        .await
        .assert(400)
        .problem();
}
