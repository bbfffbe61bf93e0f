use http::Method;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{Components, RefOr, Required};

use crate::contract::example::example;

const LINE: usize = 60;

/// The operation as a command for a terminal.
pub(super) fn curl(
    method: &Method,
    path: &str,
    operation: &Operation,
    components: &Components,
) -> String {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    for parameter in parameters(operation, components) {
        let value = parameter
            .schema
            .as_ref()
            .and_then(|schema| example(schema, components));
        let value = value.map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
        let value = value.unwrap_or_default();
        match parameter.parameter_in {
            ParameterIn::Path => path = path.replace(&format!("{{{}}}", parameter.name), &value),
            ParameterIn::Query if parameter.required == Required::True => {
                query.push(format!("{}={value}", parameter.name));
            }
            _ => {}
        }
    }
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let body = body(operation);
    let usual = if body.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let method = (*method != usual).then(|| format!(" -X {method}"));
    let needs_token = operation.security.iter().flatten().next().is_some();
    let token = needs_token.then_some(" \\\n  -H \"Authorization: Bearer $TOKEN\"");
    format!(
        "curl{} \"$API{path}{query}\"{}{}",
        method.unwrap_or_default(),
        token.unwrap_or_default(),
        body.unwrap_or_default(),
    )
}

/// How the body is sent. What is long is laid out.
fn body(operation: &Operation) -> Option<String> {
    let Some(RefOr::T(body)) = &operation.request_body else {
        return None;
    };
    let (media_type, RefOr::T(content)) = body.content.iter().next()? else {
        return None;
    };
    let example = content.example.clone().unwrap_or_default();
    if media_type != "application/json" {
        let text = example.as_str().unwrap_or_default();
        return Some(format!(
            " \\\n  -H \"Content-Type: {media_type}\" \\\n  --data-binary '{text}'"
        ));
    }
    let mut json = example.to_string();
    if json.len() > LINE {
        json = format!("{example:#}").replace('\n', "\n  ");
    }
    Some(format!(" \\\n  --json '{json}'"))
}

/// The operation's parameters, those it shares with others too.
pub(super) fn parameters<'a>(
    operation: &'a Operation,
    components: &'a Components,
) -> impl Iterator<Item = &'a Parameter> {
    let parameters = operation.parameters.iter().flatten();
    parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            match components.parameters.get(name)? {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            }
        }
    })
}
