//! What all operations have in common, and is therefore said in none of their handlers.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Ref, RefOr, Response};

use super::introduction::TOKEN;
use super::problems::{self, KINDS};
use super::shared;
use crate::permission::{Role, Verdict, verdict};

/// Completes what a handler says: who may call it, its name, the parameters of its path, and every problem that it may
/// come to. The handler names its own ones as the description of their status: `(status = 409, description =
/// "already-registered, leaving")`.
pub(super) fn complete(
    method: &Method,
    path: &str,
    operation: &mut Operation,
    components: &mut Components,
) {
    let tag = operation.tags.iter().flatten().next();
    let group = tag.map(|tag| tag.to_lowercase()).unwrap_or_default();
    let handler = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{group}_{handler}"));

    tell_in_one_sentence_first(operation);
    let mut problems = own_problems(operation);
    let may_be_known = operation.responses.responses.contains_key("304");
    let may_be_changed = problems.contains("changed");
    let may_be_replayed = problems.contains("idempotency-key-reused");

    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{'));
    let in_path = in_path.map(|part| part.trim_end_matches('}'));
    let parameters: Vec<_> = in_path
        .chain(may_be_changed.then_some(shared::IF_MATCH))
        .chain(may_be_known.then_some(shared::IF_NONE_MATCH))
        .chain(may_be_replayed.then_some(shared::IDEMPOTENCY_KEY))
        .map(shared::parameter)
        .chain(operation.parameters.take().into_iter().flatten())
        .collect();
    problems.insert("internal");
    if let Verdict::Only(roles) = verdict(method, path) {
        say_who_may(operation, roles);
        problems.extend(["unauthorized", "forbidden", "unavailable"]);
        let by_operators = roles.iter().any(|role| role.is_operator());
        problems.extend(by_operators.then_some("too-many-requests"));
        problems.extend((!parameters.is_empty()).then_some("bad-request"));
    } else {
        operation.security = Some(Vec::new());
    }
    operation.parameters = Some(parameters).filter(|some| !some.is_empty());
    if operation.request_body.is_some() {
        problems.extend([
            "bad-request",
            "too-large",
            "unsupported-media-type",
            "invalid-fields",
        ]);
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            complete_response(response);
            let version = (may_be_known || may_be_changed).then(|| shared::header("ETag"));
            response.headers.extend(version);
        }
    }
    add_problems(operation, &problems, components);
}

/// The first sentence of what the handler says is the summary, the rest the description.
fn tell_in_one_sentence_first(operation: &mut Operation) {
    let summary = operation.summary.take().unwrap_or_default();
    let rest = operation.description.take().filter(|rest| !rest.is_empty());
    let text = summary.replace('\n', " ");
    let (first, more) = text.split_once(". ").unwrap_or((&text, ""));
    let more = Some(more.to_owned()).filter(|more| !more.is_empty());
    operation.summary = Some(first.trim_end_matches('.').to_owned());
    let description: Vec<_> = more.into_iter().chain(rest).collect();
    operation.description = Some(description.join("\n\n")).filter(|text| !text.is_empty());
}

fn say_who_may(operation: &mut Operation, roles: &[Role]) {
    let token = SecurityRequirement::new(TOKEN, Vec::<String>::new());
    operation.security = Some(vec![token]);
    let roles: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    let roles = ExtensionsBuilder::new().add("x-roles", roles).build();
    operation.extensions.get_or_insert_default().merge(roles);
}

/// Takes out the problems that the handler names.
fn own_problems(operation: &mut Operation) -> BTreeSet<&'static str> {
    let mut names = BTreeSet::new();
    operation.responses.responses.retain(|status, response| {
        if status.as_str() < "400" {
            return true;
        }
        if let RefOr::T(response) = response {
            names.extend(response.description.split(", ").map(known_problem));
        }
        false
    });
    names
}

fn known_problem(name: &str) -> &'static str {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    kind.unwrap_or_else(|| panic!("{name:?} is no kind of problem: name it in the table first"))
        .name
}

fn add_problems(
    operation: &mut Operation,
    names: &BTreeSet<&'static str>,
    components: &mut Components,
) {
    let mut by_status = BTreeMap::<u16, BTreeSet<&str>>::new();
    for kind in KINDS.iter().filter(|kind| names.contains(kind.name)) {
        by_status.entry(kind.status).or_default().insert(kind.name);
    }
    for (status, names) in by_status {
        let component = names.iter().copied().collect::<Vec<_>>().join("_or_");
        operation.responses.responses.insert(
            status.to_string(),
            Ref::from_response_name(&component).into(),
        );
        components.responses.entry(component).or_insert_with(|| {
            let mut response = problems::response(&names);
            complete_response(&mut response);
            let header = match status {
                401 => Some("WWW-Authenticate"),
                429 | 503 => Some("Retry-After"),
                _ => None,
            };
            response.headers.extend(header.map(shared::header));
            response.into()
        });
    }
}

fn complete_response(response: &mut Response) {
    if response.description.is_empty() {
        response.description = "Done.".into();
    }
    response.headers.extend([shared::header("X-Request-Id")]);
}
