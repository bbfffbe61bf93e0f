//! The whole way through the website in a real browser, over TLS, by the production overlay's routes.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::IntoResponse as _;
use http::{HeaderMap, StatusCode};
use reqwest::{Client, Url};
use serde_json::json;
use service_kit::http_client::send;
use testkit::browser::Browser;
use tokio::net::TcpListener;

use super::rig::{Cluster, HOST};
use crate::browser::walk::{ALLOW, REGISTER, SAVE, SIGN_IN, Walk};

const NAME: &str = "Alice Whitfield";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_journey_goes_through_the_ingress() -> anyhow::Result<()> {
    let cluster = Cluster::start().await;
    let ingress = &cluster.ingress;
    let callback = format!("https://{HOST}:{}/callback", ingress.websecure.port());
    let events = relay(ingress.client(HOST), callback).await;
    cluster
        .sim
        .put("webhook", &json!({ "url": events }))
        .await?;

    let browser = Browser::start_before(HOST, ingress.websecure, &ingress.pin).await?;
    let website: Url = format!("https://{HOST}/").parse()?;
    let walk = Walk::through(website, &browser);
    let person = cluster.sim.add(NAME, "en").await?;

    // A stranger is sent to the website, and becomes a member there.
    person.follow().await?;
    assert!(person.hear().await?.contains(HOST));
    walk.open("en/").await?;
    browser.click(SIGN_IN).await?;
    // LINE's page does not know yet whose browser this is.
    let name = browser.find_text(NAME).await?;
    browser.click_on(&name).await?;
    browser.click(ALLOW).await?;
    walk.is_at("en/register").await?;
    browser.click("input[name='consent.terms']").await?;
    browser.click(REGISTER).await?;
    walk.is_at("en/welcome").await?;
    walk.expect_nothing_from_elsewhere("the website").await?;
    assert_eq!(person.ask("hello").await?, "hello");

    // A member changes what is known of them; a reload does not do it again.
    walk.open("en/membership").await?;
    browser.fill("#display_name", "Alicia").await?;
    browser.click(SAVE).await?;
    browser.find(".notice.done").await?;
    assert_eq!(browser.text(".card-name").await?, "Alicia");

    // They sign out, are asked to sign in, and come back to where they were.
    browser.click("form[action='/auth/logout'] button").await?;
    walk.is_at("en/").await?;
    walk.open("en/membership").await?;
    // LINE knows them, and lets them in at once.
    browser.click(SIGN_IN).await?;
    walk.is_at("en/membership").await?;
    assert_eq!(browser.text(".card-name").await?, "Alicia");

    // Cookies are the website's alone, and no script reads them.
    let seen = browser.run("return document.cookie").await?;
    assert_eq!(seen, "");

    walk.leave("en").await?;
    assert!(person.ask("hello").await?.contains(HOST));
    Ok(())
}

/// The internet between LINE and the ingress: it knows where the host is. What goes through it is not touched.
async fn relay(http: Client, target: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().fallback(pass).with_state((http, target));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn pass(
    State((http, target)): State<(Client, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let mut request = http.post(target).header("host", HOST).body(body);
    for name in ["x-line-signature", "content-type", "user-agent"] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let status = send(request).await.map(|answer| answer.status());
    status.unwrap_or(StatusCode::BAD_GATEWAY).into_response()
}
