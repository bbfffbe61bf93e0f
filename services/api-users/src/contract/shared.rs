//! Headers and parameters that many operations have, said once.

use std::collections::BTreeMap;

use users_client::field;
use utoipa::PartialSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Components, Header, ObjectBuilder, Ref, RefOr, Required};

pub(super) const IF_MATCH: &str = "If-Match";
pub(super) const IF_NONE_MATCH: &str = "If-None-Match";
pub(super) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Puts them where operations refer to.
pub(super) fn add(components: &mut Components) {
    components.headers = headers();
    components.parameters = parameters();
}

/// The header of that name, by reference.
pub(super) fn header(name: &str) -> (String, RefOr<Header>) {
    let header = Ref::new(format!("#/components/headers/{name}"));
    (name.to_owned(), RefOr::Ref(header))
}

/// The parameter of that name, by reference.
pub(super) fn parameter(name: &str) -> RefOr<Parameter> {
    RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")))
}

fn headers() -> BTreeMap<String, RefOr<Header>> {
    [
        (
            "X-Request-Id",
            Type::String,
            "The request's ID, by which the logs know it.",
        ),
        (
            "ETag",
            Type::String,
            "Which version this is, for `If-Match` and `If-None-Match`.",
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

fn parameters() -> BTreeMap<String, RefOr<Parameter>> {
    [
        in_path::<field::Luid>("luid", "Who: a LINE user ID."),
        in_path::<field::Purpose>("topic", "Which topic."),
        in_path::<field::Purpose>("purpose", "Which purpose."),
        in_path::<field::Tag>("tag", "Which tag."),
        in_path::<field::AttributeName>("name", "Which attribute."),
        in_header(
            IF_MATCH,
            "Only if the member still is as this `ETag` says; otherwise 412.",
            text(),
        ),
        in_header(
            IF_NONE_MATCH,
            "Only if it is no longer as this `ETag` says; otherwise 304.",
            text(),
        ),
        in_header(
            IDEMPOTENCY_KEY,
            "A key of the caller's choice, such as a UUID. Whoever asks the same once more under the same key is \
             answered the same.",
            text()
                .min_length(Some(1))
                .max_length(Some(255))
                .pattern(Some("^[!-~]+$")),
        ),
    ]
    .into()
}

fn in_path<T: PartialSchema>(name: &str, what: &str) -> (String, RefOr<Parameter>) {
    let parameter = ParameterBuilder::new()
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(T::schema()));
    named(name, what, parameter)
}

fn in_header(name: &str, what: &str, schema: ObjectBuilder) -> (String, RefOr<Parameter>) {
    let parameter = ParameterBuilder::new()
        .parameter_in(ParameterIn::Header)
        .schema(Some(schema));
    named(name, what, parameter)
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn named(name: &str, what: &str, parameter: ParameterBuilder) -> (String, RefOr<Parameter>) {
    let parameter = parameter.name(name).description(Some(what)).build();
    (name.to_owned(), parameter.into())
}
