//! What the rules ask of a manifest.

use serde_json::Value;

/// What stands at a JSON pointer; null where nothing does.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// The text there; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    at(value, pointer).as_str().unwrap_or_default()
}

/// The list there; empty where there is none.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).as_array().map_or(&[], Vec::as_slice)
}

/// Kind and name, as `kubectl` says them.
pub(super) fn title(object: &Value) -> String {
    format!("{}/{}", text(object, "/kind"), name(object))
}

pub(super) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// Whether labels are as a selector wants them. Nothing but `matchLabels` is used here.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object();
    wanted.is_some_and(|wanted| {
        wanted
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    })
}

/// Something that runs pods.
#[derive(Clone, Copy)]
pub(super) struct Workload<'a> {
    pub(super) object: &'a Value,
    /// The template of its pods.
    pub(super) template: &'a Value,
}

impl<'a> Workload<'a> {
    pub(super) fn of(object: &'a Value) -> Option<Self> {
        let template = match text(object, "/kind") {
            "Deployment" | "StatefulSet" => at(object, "/spec/template"),
            "CronJob" => at(object, "/spec/jobTemplate/spec/template"),
            _ => return None,
        };
        Some(Self { object, template })
    }

    pub(super) fn name(self) -> &'a str {
        name(self.object)
    }

    pub(super) fn kind(self) -> &'a str {
        text(self.object, "/kind")
    }

    pub(super) fn labels(self) -> &'a Value {
        at(self.template, "/metadata/labels")
    }

    pub(super) fn pod(self) -> &'a Value {
        at(self.template, "/spec")
    }

    pub(super) fn containers(self) -> &'a [Value] {
        list(self.template, "/spec/containers")
    }

    pub(super) fn volumes(self) -> &'a [Value] {
        list(self.template, "/spec/volumes")
    }

    /// Whether it is one of the suite's own, not a database.
    pub(super) fn is_ours(self) -> bool {
        self.containers()
            .iter()
            .all(|container| text(container, "/image").starts_with("kaiin/"))
    }

    /// Whether it serves for as long as it is there.
    pub(super) fn serves(self) -> bool {
        self.kind() == "Deployment"
    }

    /// The plain environment of its first container.
    pub(super) fn env(self, name: &str) -> Option<&'a str> {
        let env = list(self.containers().first()?, "/env");
        let entry = env.iter().find(|entry| text(entry, "/name") == name)?;
        entry["value"].as_str()
    }
}
