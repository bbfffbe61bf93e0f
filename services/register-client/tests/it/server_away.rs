use std::time::{Duration, Instant};

use http::StatusCode;
use tokio::net::TcpListener;

use crate::harness::Website;

#[tokio::test]
async fn a_server_that_cannot_say_is_a_503_in_the_visitors_language() {
    let website = Website::start().await;
    for (status, body) in [
        (StatusCode::SERVICE_UNAVAILABLE, "{}"),
        (StatusCode::INTERNAL_SERVER_ERROR, "{}"),
        (StatusCode::NOT_FOUND, "{}"),
        (StatusCode::SEE_OTHER, "{}"),
        (StatusCode::OK, "not json"),
        (StatusCode::OK, "{\"visitor\": \"Alice\"}"),
    ] {
        website.register_server.says_raw(status, body);
        for path in ["/th/", "/th/register", "/th/membership"] {
            let answer = website.get(path).await;
            assert_eq!(answer.status, 503, "{status} {body}");
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("retry-after"), "10");
            answer.says("<html lang=\"th\">");
            answer.says(&format!("href=\"{path}\" class=\"button\""));
            answer.says_not("Alice");
        }
    }
}

#[tokio::test]
async fn a_server_that_has_had_enough_is_a_429_that_says_when_to_come_back() {
    let website = Website::start().await;
    website
        .register_server
        .says_raw(StatusCode::TOO_MANY_REQUESTS, "{}");
    let answer = website.get("/ja/membership").await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "10");
    answer.says("href=\"/ja/membership\" class=\"button\"");
}

#[tokio::test]
async fn what_stands_in_front_finds_a_page_for_its_troubles() {
    let website = Website::start().await;
    let thai = [("accept-language", "th")];
    for (asked, status) in [
        ("429", 429),
        ("500", 503),
        ("502", 503),
        ("503", 503),
        ("504", 503),
        ("200", 404),
        ("404", 404),
        ("evil", 404),
    ] {
        let answer = website.get_with(&format!("/sorry/{asked}"), &thai).await;
        assert_eq!(answer.status, status, "{asked}");
        answer.says("<html lang=\"th\">");
        answer.says("href=\"/th/\"");
        let retry_after = if status == 404 { "" } else { "10" };
        assert_eq!(answer.header("retry-after"), retry_after);
    }
    assert!(website.register_server.asked().is_empty());
}

#[tokio::test]
async fn a_server_that_is_gone_is_a_503_and_texts_stay() {
    let gone = "http://127.0.0.1:1".parse().unwrap();
    let website = Website::start_with(|config| config.register_server = gone).await;
    assert_eq!(website.get("/ja/").await.status, 503);
    assert_eq!(website.get("/ja/terms").await.status, 200);
    website.get("/").await.leads_to("/en/");
    // Whoever is not signed in sees what membership is all the same.
    assert_eq!(website.get_with("/ja/", &[]).await.status, 200);
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up_after_three_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let website =
        Website::start_with(|config| config.register_server = address.parse().unwrap()).await;
    let start = Instant::now();
    assert_eq!(website.get("/en/").await.status, 503);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let website = Website::start().await;
    website
        .register_server
        .says_raw(StatusCode::OK, &" ".repeat(100 * 1024));
    assert_eq!(website.get("/en/").await.status, 503);
}
