//! What the API says of itself: an OpenAPI document, made from the code, and a page to read it on.

mod common;
mod example;
mod introduction;
mod page;
mod problems;
mod served;
mod shared;

use http::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

pub(crate) use self::page::page;
pub(crate) use self::served::Served;

/// The document: what the handlers say, completed by what all of them have in common.
pub(crate) fn document(mut document: OpenApi) -> OpenApi {
    let mut components = document.components.take().unwrap_or_default();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            common::complete(&method, path, operation, &mut components);
            example::add(operation, &components);
        }
    }
    shared::add(&mut components);
    let problem = ("Problem".to_owned(), problems::schema());
    components.schemas.extend([problem]);
    introduction::introduce(&mut document, &mut components);
    document.components = Some(components);
    document
}

/// What the document tells of a path, method by method.
fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}
