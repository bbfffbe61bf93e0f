//! Examples, put together from those that the fields name.

use serde_json::{Map, Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, SchemaType, Type};
use utoipa::openapi::{Components, Content, KnownFormat, Object, RefOr, Schema, SchemaFormat};

/// A document that holds itself is shown to this depth.
const DEPTH: usize = 8;

/// Gives the bodies of the operation an example each.
pub(super) fn add(operation: &mut Operation, components: &Components) {
    let bodies = operation.responses.responses.values_mut();
    let bodies = bodies.filter_map(|response| match response {
        RefOr::T(response) => Some(response.content.values_mut()),
        RefOr::Ref(_) => None,
    });
    for content in bodies.flatten() {
        add_to(content, components);
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        for content in body.content.values_mut() {
            add_to(content, components);
        }
    }
}

fn add_to(content: &mut RefOr<Content>, components: &Components) {
    if let RefOr::T(content) = content
        && content.example.is_none()
    {
        let schema = content.schema.as_ref();
        content.example = schema.and_then(|schema| example(schema, components));
    }
}

/// Something that the schema allows.
pub(super) fn example(schema: &RefOr<Schema>, components: &Components) -> Option<Value> {
    of(schema, components, DEPTH)
}

fn of(schema: &RefOr<Schema>, components: &Components, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    match resolve(schema, components)? {
        Schema::Object(object) => of_object(object, components, depth),
        Schema::Array(array) => {
            let own = array.examples.first().cloned();
            own.or_else(|| match &array.items {
                ArrayItems::RefOrSchema(item) => Some(json!([of(item, components, depth)?])),
                ArrayItems::False => None,
            })
        }
        Schema::OneOf(one) => first(&one.examples, &one.items, components, depth),
        Schema::AnyOf(any) => first(&any.examples, &any.items, components, depth),
        Schema::AllOf(all) => first(&all.examples, &all.items, components, depth),
        _ => None,
    }
}

fn first(
    own: &[Value],
    items: &[RefOr<Schema>],
    components: &Components,
    depth: usize,
) -> Option<Value> {
    let mut others = items
        .iter()
        .filter_map(|item| of(item, components, depth))
        .filter(|example| !example.is_null());
    own.first().cloned().or_else(|| others.next())
}

fn of_object(object: &Object, components: &Components, depth: usize) -> Option<Value> {
    let named = object.examples.first().or(object.example.as_ref());
    let named = named.or(object.enum_values.iter().flatten().next());
    if named.is_some() {
        return named.cloned();
    }
    let uuid = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    match main_type(&object.schema_type)? {
        Type::Object => {
            let fields: Map<_, _> = object
                .properties
                .iter()
                .filter_map(|(name, field)| Some((name.clone(), of(field, components, depth)?)))
                .collect();
            Some(Value::Object(fields))
        }
        Type::String if object.format == Some(uuid) => {
            Some(json!("0199b7e2-7c00-7000-8000-000000000001"))
        }
        Type::String => Some(json!("…")),
        Type::Integer => Some(json!(1)),
        Type::Number => Some(json!(1.5)),
        Type::Boolean => Some(json!(true)),
        Type::Array | Type::Null => None,
    }
}

/// The type, beside null.
pub(super) fn main_type(types: &SchemaType) -> Option<&Type> {
    match types {
        SchemaType::Type(only) => Some(only),
        SchemaType::Array(several) => several.iter().find(|one| **one != Type::Null),
        SchemaType::AnyValue => None,
    }
}

/// The schema itself, wherever it stands.
pub(super) fn resolve<'a>(
    schema: &'a RefOr<Schema>,
    components: &'a Components,
) -> Option<&'a Schema> {
    match schema {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(reference) => {
            let name = reference.ref_location.rsplit('/').next()?;
            resolve(components.schemas.get(name)?, components)
        }
    }
}
