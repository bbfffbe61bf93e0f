//! What all operations have in common, and is therefore said in none of their handlers.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use users_client::field;
use utoipa::PartialSchema;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Header, ObjectBuilder, Ref, RefOr, Required, Response};

use super::introduction::TOKEN;
use super::problems::{self, KINDS};
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
    let named = path.split('/').filter_map(|part| part.strip_prefix('{'));
    for name in named.map(|part| part.trim_end_matches('}')) {
        take(operation, name);
    }

    let mut problems = own_problems(operation);
    if problems.contains("changed") {
        take(operation, IF_MATCH);
    }
    if operation.responses.responses.contains_key("304") {
        take(operation, IF_NONE_MATCH);
    }
    if problems.contains("idempotency-key-reused") {
        take(operation, IDEMPOTENCY_KEY);
    }
    problems.insert("internal");
    match verdict(method, path) {
        Verdict::Only(roles) => {
            say_who_may(operation, roles);
            if roles.iter().any(|role| role.is_operator()) {
                problems.insert("too-many-requests");
            }
            problems.extend(["unauthorized", "forbidden", "unavailable"]);
        }
        Verdict::Anybody | Verdict::NoMethod(_) => operation.security = Some(Vec::new()),
    }
    if operation.parameters.is_some() {
        problems.insert("bad-request");
    }
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
        }
    }
    add_problems(operation, &problems, components);
}

/// Says that the operation takes this parameter.
fn take(operation: &mut Operation, parameter: &str) {
    let parameter = Ref::new(format!("#/components/parameters/{parameter}"));
    let parameters = operation.parameters.get_or_insert_default();
    parameters.push(RefOr::Ref(parameter));
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
            response.headers.extend(header.map(refer_to_header));
            response.into()
        });
    }
}

fn complete_response(response: &mut Response) {
    if response.description.is_empty() {
        response.description = "Done.".into();
    }
    response.headers.extend([refer_to_header("X-Request-Id")]);
}

fn refer_to_header(name: &str) -> (String, RefOr<Header>) {
    let header = Ref::new(format!("#/components/headers/{name}"));
    (name.to_owned(), RefOr::Ref(header))
}

/// The headers that answers have in common.
pub(super) fn headers() -> BTreeMap<String, RefOr<Header>> {
    [
        (
            "X-Request-Id",
            Type::String,
            "The request's ID, by which the logs know it.",
        ),
        (
            "WWW-Authenticate",
            Type::String,
            "`Bearer`, and what was wrong with the token if there was one.",
        ),
        (
            "Retry-After",
            Type::Integer,
            "In how many seconds to try again.",
        ),
    ]
    .into_iter()
    .map(|(name, schema_type, what)| {
        let header = HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(schema_type)))
            .description(Some(what))
            .build();
        (name.to_owned(), header.into())
    })
    .collect()
}

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The parameters that operations have in common, by name.
pub(super) fn parameters() -> BTreeMap<String, RefOr<Parameter>> {
    [
        parameter::<field::Luid>("luid", "Who: a LINE user ID."),
        parameter::<field::Purpose>("topic", "Which topic."),
        parameter::<field::Tag>("tag", "Which tag."),
        parameter::<field::AttributeName>("name", "Which attribute."),
        header(
            IF_MATCH,
            "Only if the member still is as this `ETag` says; otherwise 412.",
        ),
        header(
            IF_NONE_MATCH,
            "Only if it is no longer as this `ETag` says; otherwise 304.",
        ),
        header(
            IDEMPOTENCY_KEY,
            "1 to 255 visible ASCII characters of the caller's choice, such as a UUID. Whoever asks the same once more under \
             the same key is answered the same.",
        ),
    ]
    .into()
}

fn parameter<T: PartialSchema>(name: &str, what: &str) -> (String, RefOr<Parameter>) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(what))
        .schema(Some(T::schema()))
        .build();
    (name.to_owned(), parameter.into())
}

fn header(name: &str, what: &str) -> (String, RefOr<Parameter>) {
    let tag = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(what))
        .schema(Some(tag))
        .build();
    (name.to_owned(), parameter.into())
}
