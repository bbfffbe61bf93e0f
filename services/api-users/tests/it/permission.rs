use std::collections::BTreeSet;

use http::{Method, header};
use serde_json::Value;

use crate::conformance::operations;
use crate::harness::{ALICE, CALLERS, TestApp, answer};

/// Who may do what, as the design says it: `x` may. The columns are `CALLERS`.
const DESIGN: &str = "
    webhook register-server push-msg viewer editor admin register-client
    POST   /register                . x . . . x .
    GET    /users                   . . . x x x .
    HEAD   /users                   . . . x x x .
    GET    /users/{luid}            . x . x x x .
    HEAD   /users/{luid}            . x . x x x .
    PATCH  /users/{luid}            . x . . x x .
    DELETE /users/{luid}            . x . . . x .
    POST   /users/{luid}/leave      . x . . . x .
    GET    /users/{luid}/export     . x . . . x .
    HEAD   /users/{luid}/export     . x . . . x .
    GET    /users/{luid}/membership x . . . . . .
    HEAD   /users/{luid}/membership x . . . . . .
    POST   /memberships             x . . . . . .
    PUT    /users/{luid}/friendship x . . . . . .
    GET    /users/{luid}/consents   . x . x x x .
    HEAD   /users/{luid}/consents   . x . x x x .
    POST   /users/{luid}/consents   . x . . . . .
    DELETE /users/{luid}/consents/{purpose} x . . . . . .
    GET    /users/{luid}/topics     . x . x x x .
    HEAD   /users/{luid}/topics     . x . x x x .
    PUT    /users/{luid}/topics/{topic} . x . . x x .
    DELETE /users/{luid}/topics/{topic} x x . . x x .
    PUT    /users/{luid}/tags/{tag} . . . . x x .
    DELETE /users/{luid}/tags/{tag} . . . . x x .
    PUT    /users/{luid}/attributes/{name} . . . . x x .
    DELETE /users/{luid}/attributes/{name} . . . . x x .
    GET    /changes                 x . x . . x .
    HEAD   /changes                 x . x . . x .
    GET    /audit                   . . . . . x .
    HEAD   /audit                   . . . . . x .
    POST   /audiences/preview       . . x x x x .
    POST   /audiences/check         . . x . . . .
    GET    /audiences/members       . . x . . x .
    HEAD   /audiences/members       . . x . . x .
    POST   /imports                 . . . . x x .
    GET    /exports/members         . . . . . x .
    HEAD   /exports/members         . . . . . x .
";
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];

/// What anybody may get.
const OPEN: [&str; 2] = ["/openapi.json", "/docs"];

/// Method, route, and who may, by column.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, &'static str, Vec<bool>)> {
    DESIGN.trim().lines().skip(1).map(|line| {
        let mut words = line.split_whitespace();
        let (method, route) = (words.next().unwrap(), words.next().unwrap());
        (method, route, words.map(|mark| mark == "x").collect())
    })
}

fn concrete(route: &str) -> String {
    let names = route.replace("{luid}", ALICE);
    names
        .replace("{purpose}", "news")
        .replace("{topic}", "news")
        .replace("{tag}", "vip")
        .replace("{name}", "city")
}

#[tokio::test]
async fn u07_the_whole_matrix_of_callers_methods_and_routes() {
    assert!(DESIGN.trim().starts_with(&CALLERS.join(" ")));
    let app = TestApp::start().await;
    let mut routes: Vec<_> = rows().map(|(_, route, _)| route).collect();
    routes.dedup();
    let mut cells = 0;
    for route in routes {
        let path = concrete(route);
        for method in METHODS {
            let row = rows().find(|(m, r, _)| (*m, *r) == (method, route));
            for (column, caller) in CALLERS.into_iter().enumerate() {
                let wanted = Method::from_bytes(method.as_bytes()).unwrap();
                let answer = answer(app.request(caller, wanted, &path)).await;
                let status = answer.status.as_u16();
                let cell = format!("{caller} {method} {route}: {status}");
                match &row {
                    None if method == "OPTIONS" => assert_eq!(status, 204, "{cell}"),
                    None => assert_eq!(status, 405, "{cell}"),
                    Some((.., marks)) if marks[column] => {
                        assert!(![401, 403, 405].contains(&status) && status < 500, "{cell}");
                    }
                    Some(_) => assert_eq!(status, 403, "{cell}"),
                }
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 21 * METHODS.len() * CALLERS.len());
}

#[tokio::test]
async fn u01_nobody_is_let_through_anonymously() {
    let app = TestApp::start().await;
    for (method, route, _) in rows() {
        let path = concrete(route);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = answer(app.anonymous(method, &path)).await.assert(401);
        assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
}

#[tokio::test]
async fn u22_a_method_that_is_not_there_is_told_which_are() {
    let app = TestApp::start().await;
    for (method, path, allow) in [
        (Method::TRACE, "/users", "GET, HEAD, OPTIONS"),
        (
            Method::PUT,
            "/users/U1",
            "GET, HEAD, PATCH, DELETE, OPTIONS",
        ),
        (Method::GET, "/register", "POST, OPTIONS"),
        (Method::POST, "/openapi.json", "GET, HEAD, OPTIONS"),
    ] {
        let refused = answer(app.request("admin", method, path)).await.assert(405);
        assert_eq!(refused.headers[header::ALLOW], allow);
        refused.problem();
        let asked = answer(app.anonymous(Method::OPTIONS, path))
            .await
            .assert(204);
        assert_eq!(asked.headers[header::ALLOW], allow);
        assert!(asked.body.is_empty());
    }
    let nowhere = answer(app.anonymous(Method::OPTIONS, "/nowhere")).await;
    nowhere.assert(404).problem();
}

#[tokio::test]
async fn the_document_names_the_same_routes_and_callers_as_the_table() {
    let app = TestApp::start().await;
    let document: Value = answer(app.anonymous(Method::GET, "/openapi.json"))
        .await
        .assert(200)
        .json();
    let named: BTreeSet<String> = operations(&document)
        .map(|(method, path, operation)| {
            let roles = operation["x-roles"].as_array().into_iter().flatten();
            let roles: Vec<_> = roles.map(|role| role.as_str().unwrap()).collect();
            format!("{method} {path} {}", roles.join(" "))
        })
        .collect();
    let of_the_table =
        rows()
            .filter(|(method, ..)| *method != "HEAD")
            .map(|(method, route, marks)| {
                let roles = CALLERS.into_iter().zip(marks).filter(|(_, may)| *may);
                let roles: Vec<_> = roles.map(|(caller, _)| caller).collect();
                format!("{method} {route} {}", roles.join(" "))
            });
    let open = OPEN.iter().map(|route| format!("GET {route} "));
    assert_eq!(named, of_the_table.chain(open).collect());
}

#[tokio::test]
async fn what_is_open_is_open_to_anybody_and_to_nothing_but_reading() {
    let app = TestApp::start().await;
    for route in OPEN {
        answer(app.anonymous(Method::GET, route)).await.assert(200);
        let head = answer(app.anonymous(Method::HEAD, route)).await.assert(200);
        assert!(head.body.is_empty());
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            answer(app.anonymous(method, route)).await.assert(405);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/user",
        "/users/",
        "/users/U1/",
        "/users/U1/secrets",
        "/livez",
        "/metrics",
    ] {
        app.get("admin", path).await.assert(404).problem();
    }
}

#[tokio::test]
async fn health_needs_no_token_and_stays_inside() {
    let app = TestApp::start().await;
    for path in ["/livez", "/readyz", "/metrics"] {
        let url = format!("{}{path}", app.internal);
        answer(app.http.get(url)).await.assert(200);
    }
    let body: Value = app.get("admin", "/users").await.assert(200).json();
    assert_eq!(body["members"], serde_json::json!([]));
}
