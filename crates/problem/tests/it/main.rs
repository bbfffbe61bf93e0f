//! What a client sees when a request is refused.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use axum::routing::{get, post};
use axum::{Router, body::Body};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use problem::{Json, Path, Problem};
use tower::ServiceExt as _;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    #[serde(default)]
    pets: Vec<Pet>,
}

#[derive(serde::Deserialize)]
struct Pet {
    #[expect(dead_code, reason = "only its type matters here")]
    age: u8,
}

fn app() -> Router {
    Router::new()
        .route(
            "/people",
            post(|Json(person): Json<Person>| async move {
                format!("{} {}", person.name, person.pets.len())
            }),
        )
        .route(
            "/people/{age}",
            get(|Path(age): Path<u8>| async move { age.to_string() }),
        )
        .route("/away", get(|| async { Problem::unavailable(7) }))
}

async fn send(request: Request<Body>) -> (http::response::Parts, Problem) {
    let (parts, body) = app().oneshot(request).await.unwrap().into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts, serde_json::from_slice(&bytes).unwrap())
}

fn post_people(content_type: &str, body: &'static str) -> Request<Body> {
    Request::post("/people")
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn a_problem_carries_its_media_type_status_and_stable_type() {
    let (parts, problem) = send(Request::get("/away").body(Body::empty()).unwrap()).await;
    assert_eq!(parts.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(parts.headers["content-type"], "application/problem+json");
    assert_eq!(parts.headers["retry-after"], "7");
    assert_eq!(problem.kind, "/problems/unavailable");
    assert_eq!(problem.status, 503);
}

#[tokio::test]
async fn refused_bodies_are_told_apart() {
    for (content_type, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "{}", 422),
        ("application/json", r#"{"name":7}"#, 422),
        ("text/plain", r#"{"name":"x"}"#, 415),
    ] {
        let (parts, problem) = send(post_people(content_type, body)).await;
        assert_eq!(
            (parts.status.as_u16(), problem.status),
            (status, status),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_path_of_another_type_is_a_bad_request() {
    let request = Request::get("/people/three").body(Body::empty()).unwrap();
    assert_eq!(send(request).await.1.kind, "/problems/bad-request");
}

#[tokio::test]
async fn a_field_of_another_type_is_pointed_at() {
    for (body, pointer) in [
        (r#"{"name":7}"#, "/name"),
        (
            r#"{"name":"mei","pets":[{"age":1},{"age":"old"}]}"#,
            "/pets/1/age",
        ),
        (r#"{"name":"mei","a/b":1}"#, "/a~1b"),
    ] {
        let (_, problem) = send(post_people("application/json", body)).await;
        assert_eq!(problem.errors[0].pointer, pointer, "{body}");
    }
}
