//! Whether answers are what the service's own document says. Every answer of every test is looked at.

use std::cell::RefCell;
use std::collections::HashMap;

use boon::{Compiler, SchemaIndex, Schemas};
use http::{Method, StatusCode, header};
use reqwest::Url;
use serde_json::Value;
use service_kit::http_client::{self, Limits, read_bounded};
use tokio::sync::OnceCell;

use crate::harness::Answer;

static DOCUMENT: OnceCell<Value> = OnceCell::const_new();

thread_local! {
    /// Schemas by their place in the document, of which a process meets one.
    static COMPILED: RefCell<HashMap<String, (Schemas, SchemaIndex)>> = RefCell::default();
}

/// Holds the answer against the document of the service that gave it.
pub(crate) async fn check(method: &Method, url: &Url, answer: &Answer) {
    let Ok(document) = DOCUMENT.get_or_try_init(|| document_beside(url)).await else {
        return;
    };
    let Some(path) = template(document, url.path()) else {
        return;
    };
    let wanted = match *method {
        Method::HEAD => "get".to_owned(),
        ref method => method.as_str().to_lowercase(),
    };
    let operation = &document["paths"][path][&wanted];
    if operation.is_null() {
        let told =
            [StatusCode::METHOD_NOT_ALLOWED, StatusCode::NO_CONTENT].contains(&answer.status);
        return assert!(told, "{method} {path}: {}", answer.status);
    }
    let status = answer.status.as_str();
    let at = format!("/paths/{}/{wanted}/responses/{status}", escape(path));
    let (at, response) = resolve(document, at);
    assert!(
        response.is_object(),
        "{method} {path}: {status} is not documented"
    );
    for name in response["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
    {
        assert!(
            answer.headers.contains_key(name),
            "{method} {path} {status}: no {name}"
        );
    }
    if method == Method::HEAD || status == "304" {
        return assert!(answer.body.is_empty());
    }
    let content_type = answer.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.map(|value| value.to_str().unwrap());
    let media_type = content_type.map(|value| value.split(';').next().unwrap());
    let documented = response["content"].as_object().into_iter().flatten();
    let documented: Vec<_> = documented.map(|(name, _)| name.as_str()).collect();
    match media_type {
        None => assert!(
            documented.is_empty() && answer.body.is_empty(),
            "{method} {path}"
        ),
        Some(media_type) => {
            assert!(
                documented.contains(&media_type),
                "{method} {path}: {media_type}"
            );
            let schema = format!("{at}/content/{}/schema", escape(media_type));
            assert_valid(document, &schema, &bodies(media_type, &answer.body));
        }
    }
}

/// The operations of a document: method, path, and what it says of them.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (String, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        item.map(|(method, operation)| (method.to_uppercase(), path.as_str(), operation))
    })
}

/// Fails unless the values are of the schema at that place of the document.
#[track_caller]
pub(crate) fn assert_valid(document: &Value, schema: &str, values: &[Value]) {
    let place = schema.replace('{', "%7B").replace('}', "%7D");
    COMPILED.with_borrow_mut(|compiled| {
        let (schemas, schema) = compiled
            .entry(place.clone())
            .or_insert_with(|| compile(document, &place));
        for value in values {
            if let Err(error) = schemas.validate(value, *schema) {
                panic!("not what {place} says: {error:#}\n{value:#}");
            }
        }
    });
}

fn compile(document: &Value, place: &str) -> (Schemas, SchemaIndex) {
    let (mut compiler, mut schemas) = (Compiler::new(), Schemas::new());
    compiler.enable_format_assertions();
    compiler.add_resource("api.json", document.clone()).unwrap();
    let schema = compiler.compile(&format!("api.json#{place}"), &mut schemas);
    (schemas, schema.unwrap())
}

async fn document_beside(url: &Url) -> Result<Value, ()> {
    let request = http_client::client(Limits::default()).get(url.join("/openapi.json").unwrap());
    let response = http_client::send(request).await.map_err(drop)?;
    let body = read_bounded(response, 1024 * 1024).await.map_err(drop)?;
    let document: Value = serde_json::from_slice(&body).map_err(drop)?;
    document["paths"].is_object().then_some(document).ok_or(())
}

/// The document's path that this address is one of; literal ones first.
fn template<'a>(document: &'a Value, path: &str) -> Option<&'a str> {
    let fits = |template: &&str| {
        let parts = || template.split('/');
        parts().count() == path.split('/').count()
            && parts()
                .zip(path.split('/'))
                .all(|(part, given)| part == given || (part.starts_with('{') && !given.is_empty()))
    };
    let paths = document["paths"].as_object().unwrap().keys();
    paths
        .map(String::as_str)
        .filter(fits)
        .min_by_key(|template| template.matches('{').count())
}

/// What is at this place, or at the place that it refers to.
pub(crate) fn resolve(document: &Value, at: String) -> (String, &Value) {
    let found = document.pointer(&at).unwrap_or(&Value::Null);
    match found["$ref"].as_str() {
        Some(place) => resolve(document, place.trim_start_matches('#').to_owned()),
        None => (at, found),
    }
}

fn bodies(media_type: &str, body: &[u8]) -> Vec<Value> {
    let parse = |json| serde_json::from_slice(json).unwrap();
    match media_type {
        "application/x-ndjson" => body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(parse)
            .collect(),
        _ if media_type.ends_with("json") => vec![parse(body)],
        _ => Vec::new(),
    }
}

/// The key as a part of a JSON pointer.
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
