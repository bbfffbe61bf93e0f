use maud::{Markup, html};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Type};
use utoipa::openapi::{Array, Components, Object, RefOr, Schema, SchemaFormat};

use super::text;
use crate::contract::example::{main_type, resolve};

/// The fields of a body, or what it is if it has none.
pub(super) fn body(schema: &RefOr<Schema>, components: &Components) -> Markup {
    let listed = match resolve(schema, components) {
        Some(Schema::Array(Array {
            items: ArrayItems::RefOrSchema(item),
            ..
        })) => item,
        _ => schema,
    };
    match resolve(listed, components) {
        Some(Schema::Object(object)) if !object.properties.is_empty() => html! {
            p.limits { (words(schema, components)) }
            (fields(object, components))
        },
        _ => html! { p.limits { (words(schema, components)) } },
    }
}

fn fields(object: &Object, components: &Components) -> Markup {
    html! {
        dl.fields {
            @for (name, field) in &object.properties {
                div {
                    dt {
                        code { (name) }
                        @if object.required.contains(name) { " " span.required { "required" } }
                    }
                    dd {
                        @if let Some(what) = description(field) { p { (text::inline(what)) } }
                        p.limits { (words(field, components)) }
                    }
                }
            }
        }
    }
}

fn description(schema: &RefOr<Schema>) -> Option<&str> {
    let what = match schema {
        RefOr::Ref(reference) => Some(reference.description.as_str()),
        RefOr::T(Schema::Object(object)) => object.description.as_deref(),
        RefOr::T(Schema::Array(array)) => array.description.as_deref(),
        RefOr::T(Schema::OneOf(one)) => {
            let of_an_item = || one.items.iter().find_map(description);
            one.description.as_deref().or_else(of_an_item)
        }
        RefOr::T(Schema::AllOf(all)) => all.description.as_deref(),
        RefOr::T(Schema::AnyOf(any)) => any.description.as_deref(),
        RefOr::T(_) => None,
    };
    what.filter(|what| !what.is_empty())
}

/// What a value may be, in a line.
pub(super) fn words(schema: &RefOr<Schema>, components: &Components) -> Markup {
    let schema = match schema {
        RefOr::T(schema) => schema,
        RefOr::Ref(reference) => {
            let name = reference
                .ref_location
                .rsplit('/')
                .next()
                .unwrap_or_default();
            let limits = match components.schemas.get(name) {
                Some(RefOr::T(Schema::Object(object))) => limits(object, components, false),
                _ => Vec::new(),
            };
            return html! { a href={ "#document-" (name) } { (name) } (listed(&limits, true)) };
        }
    };
    match schema {
        Schema::Object(object) => listed(&limits(object, components, true), false),
        Schema::Array(array) => html! {
            "list of "
            @match &array.items {
                ArrayItems::RefOrSchema(item) => (words(item, components)),
                ArrayItems::False => "nothing",
            }
            @if let Some(most) = array.max_items { ", " (most) " at most" }
        },
        Schema::OneOf(one) => either(&one.items, components),
        Schema::AnyOf(any) => either(&any.items, components),
        Schema::AllOf(all) => either(&all.items, components),
        _ => html! {},
    }
}

fn either(items: &[RefOr<Schema>], components: &Components) -> Markup {
    html! {
        @for (index, item) in items.iter().enumerate() {
            @if index > 0 { ", or " }
            (words(item, components))
        }
    }
}

fn listed(limits: &[Markup], goes_on: bool) -> Markup {
    html! {
        @for (index, limit) in limits.iter().enumerate() {
            @if index > 0 || goes_on { " · " }
            (limit)
        }
    }
}

fn limits(object: &Object, components: &Components, with_pattern: bool) -> Vec<Markup> {
    let mut limits = Vec::new();
    if let Some(values) = &object.enum_values {
        limits.push(html! {
            @for (index, value) in values.iter().enumerate() {
                @if index > 0 { " or " }
                code { (value.as_str().map_or_else(|| value.to_string(), str::to_owned)) }
            }
        });
        return limits;
    }
    let name = match main_type(&object.schema_type) {
        None => "anything",
        Some(Type::Null) => "null",
        Some(Type::String) => "string",
        Some(Type::Integer) => "integer",
        Some(Type::Number) => "number",
        Some(Type::Boolean) => "true or false",
        Some(Type::Array) => "list",
        Some(Type::Object) => "object",
    };
    if let Some(additional) = &object.additional_properties
        && let AdditionalProperties::RefOr(value) = additional.as_ref()
    {
        return vec![html! { "object: each name with " (words(value, components)) }];
    }
    if name != "object" || object.properties.is_empty() {
        limits.push(html! { (name) });
    }
    match (object.min_length, object.max_length) {
        (Some(least), Some(most)) if least == most => limits.push(html! { (most) " characters" }),
        (Some(least), Some(most)) => limits.push(html! { (least) " to " (most) " characters" }),
        (None, Some(most)) => limits.push(html! { (most) " characters at most" }),
        (Some(least), None) => limits.push(html! { (least) " characters at least" }),
        (None, None) => {}
    }
    let number = |number| serde_json::to_string(number).unwrap_or_default();
    match (&object.minimum, &object.maximum) {
        (Some(least), Some(most)) => limits.push(html! { (number(least)) " to " (number(most)) }),
        (None, Some(most)) => limits.push(html! { (number(most)) " at most" }),
        (Some(least), None) => limits.push(html! { (number(least)) " at least" }),
        (None, None) => {}
    }
    if let Some(default) = &object.default {
        limits.push(html! { (default) " by default" });
    }
    if let Some(SchemaFormat::Custom(format)) = &object.format {
        limits.push(html! { (format) });
    }
    // A field that has a name of its own tells its pattern there.
    if let Some(pattern) = object.pattern.as_ref().filter(|_| with_pattern) {
        limits.push(html! { code { (pattern) } });
    }
    if object.schema_type == Type::String.into() && object.format.is_some() && limits.len() == 1 {
        limits.push(html! { "UUID" });
    }
    limits
}

/// Every document and field that has a name.
pub(super) fn documents(components: &Components) -> Markup {
    let resolved = components.schemas.iter();
    let resolved = resolved.filter_map(|(name, schema)| match schema {
        RefOr::T(schema) => Some((name, schema)),
        RefOr::Ref(_) => None,
    });
    let (documents, others): (Vec<_>, Vec<_>) = resolved.partition(
        |(_, schema)| matches!(schema, Schema::Object(object) if !object.properties.is_empty()),
    );
    html! {
        section id="documents" {
            h2 { "Documents" }
            p { "What is sent and answered. Answers may come to have more fields; leave alone what you do not know." }
            @for (name, schema) in documents {
                @if let Schema::Object(object) = schema {
                    article.document id={ "document-" (name) } {
                        h3 { a href={ "#document-" (name) } { (name) } }
                        @if let Some(what) = &object.description { p { (text::inline(what)) } }
                        (fields(object, components))
                    }
                }
            }
            article.document {
                h3 { "Fields" }
                dl.fields {
                    @for (name, schema) in others {
                        div id={ "document-" (name) } {
                            dt { (name) }
                            dd {
                                @let schema = RefOr::T(schema.clone());
                                @if let Some(what) = description(&schema) { p { (text::inline(what)) } }
                                p.limits { (whole(&schema, components)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn whole(schema: &RefOr<Schema>, components: &Components) -> Markup {
    match schema {
        RefOr::T(Schema::Object(object)) => listed(&limits(object, components, true), false),
        other => words(other, components),
    }
}
