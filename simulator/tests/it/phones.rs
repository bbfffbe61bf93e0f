//! A phone per person: whose cookies a browser carries.

use reqwest::{Method, Response};

use crate::stage::Stage;

async fn open(stage: &Stage, person: &str, cookies: &str) -> Response {
    let path = format!("/_sim/people/{person}/open?url=http://127.0.0.1:8100/member");
    let mut request = stage.request(Method::GET, &path);
    if !cookies.is_empty() {
        request = request.header("cookie", cookies);
    }
    request.send().await.unwrap()
}

fn set(response: &Response) -> Vec<String> {
    let cookies = response.headers().get_all("set-cookie").iter();
    cookies
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_link_opens_as_the_person() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let response = open(&stage, &alice, "").await;
    assert_eq!(response.status(), 303);
    assert_eq!(
        response.headers()["location"],
        "http://127.0.0.1:8100/member"
    );
    assert_eq!(
        set(&response),
        [format!(
            "sim_person={alice}; Path=/; HttpOnly; SameSite=Lax"
        )]
    );
}

#[tokio::test]
async fn cookies_are_put_aside_and_brought_back() {
    let stage = Stage::start().await;
    let (alice, bob) = (stage.friend("Alice").await, stage.friend("Bob").await);
    let hers = format!("sim_person={alice}; __Host-session=hers; lang=th");
    let response = open(&stage, &bob, &hers).await;
    let cookies = set(&response);
    assert_eq!(
        cookies[0],
        "__Host-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure"
    );
    assert_eq!(
        cookies[1],
        "lang=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
    );
    assert!(cookies[2].starts_with(&format!("sim_person={bob};")));

    let his = format!("sim_person={bob}; __Host-session=his");
    let response = open(&stage, &alice, &his).await;
    let cookies = set(&response);
    assert_eq!(
        cookies[0],
        "__Host-session=hers; Path=/; HttpOnly; SameSite=Lax; Secure"
    );
    assert_eq!(cookies[1], "lang=th; Path=/; HttpOnly; SameSite=Lax");
}

#[tokio::test]
async fn the_same_person_again_keeps_their_cookies() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    let hers = format!("sim_person={alice}; __Host-session=hers");
    let response = open(&stage, &alice, &hers).await;
    assert_eq!(set(&response).len(), 1);
}

#[tokio::test]
async fn links_lead_to_this_machine_only() {
    let stage = Stage::start().await;
    let alice = stage.friend("Alice").await;
    for url in [
        "https://evil.example/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://127.0.0.1.evil.example/",
    ] {
        let path = format!("/_sim/people/{alice}/open");
        let request = stage.request(Method::GET, &path).query(&[("url", url)]);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400, "{url}");
        assert!(!response.headers().contains_key("location"));
    }
}
