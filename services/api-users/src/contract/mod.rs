//! What the API says of itself: an OpenAPI document, made from the code.

mod common;
mod introduction;
mod problems;
mod served;

use http::Method;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem};

pub(crate) use self::served::Served;

/// The document: what the handlers say, completed by what all of them have in common.
pub(crate) fn document(mut document: OpenApi) -> OpenApi {
    let mut components = document.components.take().unwrap_or_default();
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            common::complete(&method, path, operation, &mut components);
        }
    }
    components.parameters = common::parameters();
    components.headers = common::headers();
    let problem = ("Problem".to_owned(), problems::schema());
    components.schemas.extend([problem]);
    introduction::introduce(&mut document, &mut components);
    document.components = Some(components);
    document
}

/// What the document tells of a path, method by method.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
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
