use std::collections::BTreeSet;

use http::{Method, header};
use serde_json::Value;

use crate::conformance::operations;
use crate::harness::{TestApp, answer};

async fn document(app: &TestApp) -> Value {
    let document = answer(app.anonymous(Method::GET, "/openapi.json")).await;
    document.assert(200).json()
}

#[tokio::test]
async fn the_document_is_whole() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_no_loose_ends(&document, &document);

    let tags = document["tags"].as_array().unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| &tag["name"]).collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "two operations are called {name}");
        assert!(tags.contains(&&operation["tags"][0]), "{method} {path}");
        let parameters = operation["parameters"].as_array().map_or(0, Vec::len);
        assert!(parameters >= path.matches('{').count(), "{method} {path}");
    }
}

/// Every reference leads somewhere.
fn assert_no_loose_ends(document: &Value, part: &Value) {
    if let Some(place) = part["$ref"].as_str() {
        let found = document.pointer(place.trim_start_matches('#'));
        assert!(found.is_some(), "{place} leads nowhere");
    }
    let (fields, items) = (part.as_object(), part.as_array());
    for part in fields.into_iter().flat_map(|fields| fields.values()) {
        assert_no_loose_ends(document, part);
    }
    for part in items.into_iter().flatten() {
        assert_no_loose_ends(document, part);
    }
}

#[tokio::test]
async fn what_stays_the_same_is_sent_once() {
    let app = TestApp::start().await;
    for path in ["/openapi.json", "/docs"] {
        let first = answer(app.anonymous(Method::GET, path)).await.assert(200);
        let etag = first.headers[header::ETAG].to_str().unwrap();
        for known in [etag, "*", &format!("\"other\", W/{etag}")] {
            let again = app.anonymous(Method::GET, path);
            let again = answer(again.header(header::IF_NONE_MATCH, known)).await;
            assert_eq!(again.assert(304).headers[header::ETAG], etag);
        }
        let other = app.anonymous(Method::GET, path);
        let other = answer(other.header(header::IF_NONE_MATCH, "\"other\"")).await;
        assert_eq!(other.assert(200).body, first.body);
    }
}

#[tokio::test]
async fn the_page_is_whole_in_itself_and_can_do_nothing() {
    let app = TestApp::start().await;
    let page = answer(app.anonymous(Method::GET, "/docs"))
        .await
        .assert(200);
    let policy = page.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"));
    let page = String::from_utf8(page.body).unwrap();
    for foreign in [
        "<script", "<img", "<link", " src=", " style=", "url(", "@import",
    ] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let document = document(&app).await;
    for (_, path, operation) in operations(&document) {
        let anchor = format!(
            "<article id=\"{}\">",
            operation["operationId"].as_str().unwrap()
        );
        assert!(page.contains(&anchor), "{path}");
    }
    for link in page.split("href=\"#").skip(1) {
        let anchor = link.split('"').next().unwrap();
        assert!(
            page.contains(&format!("id=\"{anchor}\"")),
            "#{anchor} leads nowhere"
        );
    }
}
