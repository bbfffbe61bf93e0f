//! In production: over TLS, under the website's host, each request to whom it is for.

use reqwest::{RequestBuilder, StatusCode, header};
use service_kit::http_client::{read_bounded, send};

use super::rig::{Cluster, HOST};
use crate::webhook::signed_with;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_comes_to_whom_it_is_for() {
    let cluster = Cluster::start().await;
    let (ingress, ready) = (&cluster.ingress, cluster.settings.ready());
    let http = ingress.client(HOST);
    let site = format!("https://{HOST}:{}", ingress.websecure.port());
    let get_as = |host: &str, path: &str| http.get(format!("{site}{path}")).header("host", host);
    let get = |path: &str| get_as(HOST, path);

    let body = format!(
        "{{\"destination\":\"{}\",\"events\":[]}}",
        ready.line.bot_user_id.as_deref().unwrap()
    );
    let signed = signed_with(&ready.line.channel_secret, &body);
    let post = || {
        http.post(format!("{site}/callback"))
            .header("host", HOST)
            .body(body.clone())
    };
    assert_eq!(status(post().header("x-line-signature", signed)).await, 200);
    assert_eq!(status(post()).await, 401);
    assert_eq!(status(get("/callback")).await, 405);

    let home = send(get("/").header("accept-language", "ja"))
        .await
        .unwrap();
    assert_eq!(
        (home.status(), &home.headers()[header::LOCATION]),
        (StatusCode::SEE_OTHER, &"/ja/".parse().unwrap())
    );
    let page = send(get("/ja/")).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(
        page.headers()
            .contains_key(header::STRICT_TRANSPORT_SECURITY)
    );
    let page = read_bounded(page, 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&page).contains("lang=\"ja\""));

    let login = send(get("/auth/login")).await.unwrap();
    assert_eq!(login.status(), 303);
    let location = login.headers()[header::LOCATION].to_str().unwrap();
    assert!(location.starts_with(cluster.settings.line()), "{location}");
    assert_eq!(status(get("/member/session")).await, 200);

    assert_eq!(status(get("/api/users")).await, 401);
    let token = secrecy::ExposeSecret::expose_secret(&ready.operator_token);
    assert_eq!(status(get("/api/users").bearer_auth(token)).await, 200);
    assert_eq!(status(get("/api/openapi.json")).await, 200);

    // Nobody else's host, and nothing in the clear.
    assert_eq!(status(get_as("evil.example", "/")).await, 404);
    let plain = http
        .get(format!("http://{}/ja/", ingress.web))
        .header("host", HOST);
    let redirect = send(plain).await.unwrap();
    assert_eq!(redirect.status(), 301);
    assert_eq!(
        redirect.headers()[header::LOCATION],
        format!("https://{HOST}/ja/")
    );
}

async fn status(request: RequestBuilder) -> StatusCode {
    send(request).await.unwrap().status()
}
