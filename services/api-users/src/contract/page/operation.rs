use http::Method;
use maud::{Markup, html};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{Components, Content, RefOr, Required, Response};

use super::curl::{curl, parameters};
use super::{schema, text};
use crate::contract::problems::{KINDS, Kind};

/// Any operation may come to these; they are told once.
const COMMON: [&str; 9] = [
    "bad-request",
    "unauthorized",
    "forbidden",
    "too-large",
    "unsupported-media-type",
    "invalid-fields",
    "too-many-requests",
    "internal",
    "unavailable",
];

pub(super) fn anchor(operation: &Operation) -> &str {
    operation.operation_id.as_deref().unwrap_or_default()
}

pub(super) fn verb(method: &Method) -> Markup {
    html! { span class={ "verb " (method.as_str().to_lowercase()) } { (method) } }
}

pub(super) fn status(status: impl Into<u16>) -> Markup {
    let status = status.into();
    html! { span class={ "status s" (status / 100) } { (status) } }
}

/// All about one operation: what it does on one side, what it looks like on the other.
pub(super) fn operation(
    method: &Method,
    path: &str,
    operation: &Operation,
    components: &Components,
) -> Markup {
    let parameters: Vec<_> = parameters(operation, components).collect();
    html! {
        article id=(anchor(operation)) {
            h3 { a href={ "#" (anchor(operation)) } { (verb(method)) " " code { (text::path(path)) } } }
            div.told {
                p.summary { (text::inline(operation.summary.as_deref().unwrap_or_default())) "." }
                @if let Some(description) = &operation.description { (text::paragraphs(description)) }
                (callers(operation))
                @if !parameters.is_empty() {
                    h4 { "Parameters" }
                    dl.fields { @for parameter in parameters { (parameter_row(parameter, components)) } }
                }
                @for (media_type, content) in body(operation) {
                    h4 { "Body" span.note { (media_type) } }
                    @if let Some(schema) = &content.schema { (schema::body(schema, components)) }
                }
                h4 { "Answers" }
                (answers(operation, components))
            }
            div.shown {
                h4 { "Example" }
                pre tabindex="0" { code { (curl(method, path, operation, components)) } }
                @for (code, example) in examples(operation) {
                    p { (status(code)) }
                    pre tabindex="0" { code { (example) } }
                }
            }
        }
    }
}

fn callers(operation: &Operation) -> Markup {
    let roles = operation
        .extensions
        .as_ref()
        .and_then(|extensions| extensions.get("x-roles")?.as_array());
    html! {
        p.callers {
            span.note { "Who may call it" } " "
            @match roles {
                Some(roles) => {
                    @for role in roles { span.role { (role.as_str().unwrap_or_default()) } " " }
                }
                None => span.role.open { "anybody" }
            }
        }
    }
}

fn parameter_row(parameter: &Parameter, components: &Components) -> Markup {
    let place = match parameter.parameter_in {
        ParameterIn::Path => "in the path",
        ParameterIn::Header => "header",
        _ => "in the query",
    };
    html! {
        div {
            dt {
                code { (parameter.name) } " " span.note { (place) }
                @if parameter.required == Required::True { " " span.required { "required" } }
            }
            dd {
                @if let Some(what) = &parameter.description { p { (text::inline(what)) } }
                @if let Some(schema) = &parameter.schema { p.limits { (schema::words(schema, components)) } }
            }
        }
    }
}

fn body(operation: &Operation) -> impl Iterator<Item = (&str, &Content)> {
    let body = match &operation.request_body {
        Some(RefOr::T(body)) => Some(&body.content),
        _ => None,
    };
    body.into_iter()
        .flatten()
        .filter_map(|(media_type, content)| match content {
            RefOr::T(content) => Some((media_type.as_str(), content)),
            RefOr::Ref(_) => None,
        })
}

fn answers(operation: &Operation, components: &Components) -> Markup {
    let kinds: Vec<_> = problems(operation).collect();
    let (common, own): (Vec<&Kind>, Vec<&Kind>) =
        kinds.iter().partition(|kind| COMMON.contains(&kind.name));
    html! {
        dl.fields {
            @for (code, response) in successes(operation) {
                div {
                    dt { (status(code)) }
                    dd {
                        p { (text::inline(&response.description)) }
                        @for content in response.content.values() {
                            @if let RefOr::T(Content { schema: Some(schema), .. }) = content {
                                p.limits { (schema::words(schema, components)) }
                            }
                        }
                    }
                }
            }
            @for kind in own {
                div {
                    dt { (status(kind.status)) " " a href={ "#problem-" (kind.name) } { code { (kind.name) } } }
                    dd { (text::inline(kind.meaning)) }
                }
            }
        }
        p.common {
            span.note { "Also" }
            @for kind in common { " " a href={ "#problem-" (kind.name) } title=(kind.name) { (status(kind.status)) } }
        }
    }
}

fn successes(operation: &Operation) -> impl Iterator<Item = (u16, &Response)> {
    let responses = operation.responses.responses.iter();
    responses.filter_map(|(code, response)| match response {
        RefOr::T(response) => Some((code.parse().ok()?, response)),
        RefOr::Ref(_) => None,
    })
}

/// Problems are answered by reference, and references tell the kinds.
fn problems(operation: &Operation) -> impl Iterator<Item = &'static Kind> {
    let responses = operation.responses.responses.values();
    let names = responses.filter_map(|response| match response {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
        RefOr::T(_) => None,
    });
    names
        .flat_map(|names| names.split("_or_"))
        .filter_map(|name| KINDS.iter().find(|kind| kind.name == name))
}

fn examples(operation: &Operation) -> Vec<(u16, String)> {
    let examples = successes(operation).filter_map(|(code, response)| {
        let (media_type, RefOr::T(content)) = response.content.iter().next()? else {
            return None;
        };
        let example = content.example.as_ref()?;
        let text = match (media_type.as_str(), example.as_str()) {
            (_, Some(text)) => text.to_owned(),
            ("application/json", None) => format!("{example:#}"),
            (_, None) => example.to_string(),
        };
        Some((code, text))
    });
    examples.collect()
}
