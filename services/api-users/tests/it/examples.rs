//! What the document shows works as it is shown.

use std::slice::from_ref;

use http::{Method, header};
use serde_json::{Value, json};
use std::time::Duration;

use crate::conformance::{assert_valid, escape, operations, resolve};
use crate::harness::{TestApp, answer, candidate};

const README: &str = include_str!("../../README.md");

/// Whom the examples are about.
const EXAMPLE: &str = "U4af4980629";

async fn document(app: &TestApp) -> Value {
    let document = answer(app.anonymous(Method::GET, "/openapi.json")).await;
    document.assert(200).json()
}

#[tokio::test]
async fn every_example_of_a_request_is_done() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    for (method, path, operation) in operations(&document) {
        begin_anew(&app, path != "/register").await;
        let address = format!(
            "{}{}",
            filled(&document, path, operation),
            query(&document, operation)
        );
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = match operation["x-roles"][0].as_str() {
            Some(role) => app.request(role, method.clone(), &address),
            None => app.anonymous(method.clone(), &address),
        };
        let content = operation["requestBody"]["content"].as_object();
        for (media_type, content) in content.into_iter().flatten() {
            let body = &content["example"];
            let text = body.as_str().filter(|_| media_type != "application/json");
            let body = text.map_or_else(|| body.to_string(), str::to_owned);
            let typed = request.header(header::CONTENT_TYPE, media_type);
            request = typed.body(body);
        }
        let done = answer(request).await;
        let told = String::from_utf8_lossy(&done.body);
        assert!(done.status.is_success(), "{method} {address}: {told}");
    }
}

/// Nobody has done anything yet, but for having registered.
async fn begin_anew(app: &TestApp, registered: bool) {
    app.delete("admin", &format!("/users/{EXAMPLE}"))
        .await
        .assert(204);
    app.clock.advance(Duration::from_secs(1));
    if registered {
        let mut body = candidate(EXAMPLE);
        body["signed_in_at"] = json!(app.now());
        app.post("admin", "/register", &body).await.assert(201);
    }
}

fn parameters<'a>(document: &'a Value, operation: &'a Value) -> Vec<&'a Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .map(|parameter| match parameter["$ref"].as_str() {
            Some(place) => document.pointer(place.trim_start_matches('#')).unwrap(),
            None => parameter,
        })
        .collect()
}

fn value(document: &Value, parameter: &Value) -> String {
    let schema = match parameter["schema"]["$ref"].as_str() {
        Some(place) => resolve(document, place.trim_start_matches('#').to_owned()).1,
        None => &parameter["schema"],
    };
    let example = &schema["examples"][0];
    example
        .as_str()
        .map_or_else(|| example.to_string(), str::to_owned)
}

fn filled(document: &Value, path: &str, operation: &Value) -> String {
    let parameters = parameters(document, operation);
    let in_path = parameters
        .into_iter()
        .filter(|parameter| parameter["in"] == "path");
    in_path.fold(path.to_owned(), |path, parameter| {
        let name = parameter["name"].as_str().unwrap();
        path.replace(&format!("{{{name}}}"), &value(document, parameter))
    })
}

fn query(document: &Value, operation: &Value) -> String {
    let parameters = parameters(document, operation);
    let required = parameters
        .into_iter()
        .filter(|parameter| parameter["in"] == "query" && parameter["required"] == true)
        .map(|parameter| {
            format!(
                "{}={}",
                parameter["name"].as_str().unwrap(),
                value(document, parameter)
            )
        });
    let query = required.collect::<Vec<_>>().join("&");
    if query.is_empty() {
        query
    } else {
        format!("?{query}")
    }
}

#[tokio::test]
async fn every_example_is_what_its_schema_says() {
    let app = TestApp::start().await;
    let document = document(&app).await;
    let mut examples = 0;
    let mut places = Vec::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("/paths/{}/{}", escape(path), method.to_lowercase());
        places.push(format!("{at}/requestBody"));
        let statuses = operation["responses"].as_object().unwrap().keys();
        places.extend(statuses.map(|status| format!("{at}/responses/{status}")));
    }
    for (at, found) in places.into_iter().map(|place| resolve(&document, place)) {
        for (media_type, content) in found["content"].as_object().into_iter().flatten() {
            if media_type == "text/html" || content["schema"] == json!({}) {
                continue;
            }
            let schema = format!("{at}/content/{}/schema", escape(media_type));
            assert!(!content["example"].is_null(), "{schema} has no example");
            assert_valid(&document, &schema, from_ref(&content["example"]));
            examples += 1;
        }
    }
    assert!(examples > 100, "{examples}");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            let place = format!("/components/schemas/{name}");
            assert_valid(&document, &place, from_ref(example));
        }
    }
}

#[tokio::test]
async fn the_readme_shows_what_the_page_shows() {
    let app = TestApp::start().await;
    let page = answer(app.anonymous(Method::GET, "/docs"))
        .await
        .assert(200);
    let page = String::from_utf8(page.body).unwrap();
    let shell = README.split("```sh\n").skip(1);
    let shell = shell.filter_map(|rest| rest.split("```").next());
    let commands = shell.flat_map(|block| block.split("\n\n"));
    let commands: Vec<_> = commands
        .map(str::trim_end)
        .filter(|command| command.starts_with("curl "))
        .collect();
    assert!(commands.len() >= 3, "{commands:?}");
    for command in commands {
        let shown = command.replace('"', "&quot;");
        assert!(page.contains(&format!("<code>{shown}</code>")), "{command}");
    }
}
