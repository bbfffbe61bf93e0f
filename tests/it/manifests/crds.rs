//! Traefik's own schemas, where they are at hand.

use std::path::PathBuf;
use std::{env, fs};

use boon::{Compiler, SchemaIndex, Schemas};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::object::{at, list, text, title};
use super::render::{Manifests, OVERLAYS};
use crate::house::root;

const FILE: &str = "kubernetes-crd-definition-v1.yml";

#[test]
fn traefik_takes_its_objects_as_they_are() {
    let Some(schemas) = read() else {
        eprintln!("Traefik's schemas are not at hand: not checked");
        return;
    };
    let mut checked = 0;
    for overlay in OVERLAYS {
        let manifests = Manifests::of(overlay);
        let ours = manifests
            .objects
            .iter()
            .filter(|object| text(object, "/apiVersion") == "traefik.io/v1alpha1");
        for object in ours {
            let complaint = schemas.complaint(object);
            assert!(
                complaint.is_none(),
                "{overlay}: {}: {}",
                title(object),
                complaint.unwrap_or_default()
            );
            checked += 1;
        }
    }
    assert!(checked > 40, "{checked}");

    let manifests = Manifests::of("demo");
    let mut misspelt = manifests
        .find("Middleware", "webhook-retry")
        .unwrap()
        .clone();
    misspelt["spec"]["retry"]["retryNonIdempotentMethods"] = json!(true);
    assert!(
        schemas.complaint(&misspelt).is_some(),
        "a word that Traefik does not know is refused"
    );
}

struct Crds {
    schemas: Schemas,
    kinds: Vec<(String, SchemaIndex)>,
}

impl Crds {
    fn complaint(&self, object: &Value) -> Option<String> {
        let kind = text(object, "/kind");
        let Some((_, schema)) = self.kinds.iter().find(|(known, _)| known == kind) else {
            return Some("Traefik has no such kind".into());
        };
        self.schemas
            .validate(object, *schema)
            .err()
            .map(|error| format!("{error:#}"))
    }
}

/// From the folder `TRAEFIK_CRDS`, or from beside the repository.
fn read() -> Option<Crds> {
    let folder = env::var_os("TRAEFIK_CRDS")
        .map_or_else(|| root().join("../shared/traefik-crds"), PathBuf::from);
    let text_of = fs::read_to_string(folder.join(FILE)).ok()?;
    let mut compiler = Compiler::new();
    let mut schemas = Schemas::new();
    let mut kinds = Vec::new();
    for document in serde_norway::Deserializer::from_str(&text_of) {
        let definition = Value::deserialize(document).unwrap();
        let kind = text(&definition, "/spec/names/kind").to_owned();
        let version = list(&definition, "/spec/versions")
            .iter()
            .find(|version| version["name"] == "v1alpha1");
        let mut schema = at(version?, "/schema/openAPIV3Schema").clone();
        close(&mut schema);
        let url = format!("mem:///{kind}.json");
        compiler.add_resource(&url, schema).unwrap();
        kinds.push((kind, compiler.compile(&url, &mut schemas).unwrap()));
    }
    Some(Crds { schemas, kinds })
}

/// Makes an unknown field an error, as a strict API server does; and leaves out Kubernetes' own formats.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.remove("format");
            let known = fields.get("properties").is_some_and(Value::is_object);
            let open = fields.contains_key("x-kubernetes-preserve-unknown-fields")
                || fields.contains_key("additionalProperties");
            if known && !open && fields.get("type") == Some(&json!("object")) {
                fields.insert("additionalProperties".into(), json!(false));
            }
            if let Some(kind) = fields.get_mut("kind").filter(|kind| kind.is_object()) {
                close(kind);
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
