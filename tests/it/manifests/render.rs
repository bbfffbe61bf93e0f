//! Overlays, rendered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize as _;
use serde_json::Value;
use tempfile::TempDir;

use super::object::{Workload, name, text};
use crate::house::root;

pub(super) const OVERLAYS: [&str; 3] = ["demo", "kind", "production"];

/// What an overlay puts into a cluster.
#[derive(Clone)]
pub(super) struct Manifests {
    pub(super) overlay: &'static str,
    pub(super) objects: Vec<Value>,
}

impl Manifests {
    pub(super) fn of(overlay: &'static str) -> Self {
        Self::parse(overlay, &render(overlay).unwrap())
    }

    fn parse(overlay: &'static str, yaml: &str) -> Self {
        let objects = serde_norway::Deserializer::from_str(yaml)
            .map(|document| Value::deserialize(document).unwrap())
            .collect();
        Self { overlay, objects }
    }

    pub(super) fn kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects
            .iter()
            .filter(move |object| text(object, "/kind") == kind)
    }

    pub(super) fn find(&self, kind: &str, wanted: &str) -> Option<&Value> {
        self.objects
            .iter()
            .find(|object| text(object, "/kind") == kind && name(object) == wanted)
    }

    /// The one with this name, or the one of which this is the name before its content's hash.
    pub(super) fn find_generated(&self, kind: &str, wanted: &str) -> Option<&Value> {
        self.kinds(kind).find(|object| {
            let rest = name(object).strip_prefix(wanted);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    }

    /// To be broken.
    pub(super) fn find_mut(&mut self, kind: &str, wanted: &str) -> &mut Value {
        self.objects
            .iter_mut()
            .find(|object| text(object, "/kind") == kind && name(object).starts_with(wanted))
            .unwrap_or_else(|| panic!("there is a {kind} {wanted}"))
    }

    pub(super) fn workloads(&self) -> impl Iterator<Item = Workload<'_>> {
        self.objects.iter().filter_map(Workload::of)
    }

    fn kinds(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.objects
            .iter()
            .filter(move |object| text(object, "/kind") == kind)
    }
}

/// The overlay as YAML. What an install keeps to itself is as its samples say.
pub(super) fn render(overlay: &str) -> Result<String, String> {
    kustomize(
        &with_samples()
            .path()
            .join("kustomize/overlays")
            .join(overlay),
    )
}

/// A copy of the manifests in which every sample is in its place.
pub(super) fn with_samples() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["kustomize", "traefik"] {
        copy(&root().join(part), &folder.path().join(part));
    }
    folder
}

pub(super) fn kustomize(folder: &Path) -> Result<String, String> {
    let output = Command::new(tool("kubectl"))
        .arg("kustomize")
        .arg(folder)
        .output()
        .unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (
            entry.as_ref().unwrap().path(),
            to.join(entry.as_ref().unwrap().file_name()),
        );
        if from.is_dir() {
            copy(&from, &to);
        } else if to.extension().is_some_and(|end| end == "sample") {
            fs::copy(&from, to.with_extension("")).unwrap();
        } else if !from.with_added_extension("sample").exists() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// A program on `PATH`, or where `cargo xtask test` installs it.
pub(crate) fn tool(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([root().join("target/tools/bin")])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{name} is installed; `cargo xtask test` does that"))
}

#[test]
fn a_file_that_an_install_must_bring_is_missed_by_name() {
    for missing in [
        "settings.env",
        "secrets/login-channel-secret",
        "secrets/webhook-database.env",
    ] {
        let folder = with_samples();
        let overlay = folder.path().join("kustomize/overlays/production");
        fs::remove_file(overlay.join(missing)).unwrap();
        let error = kustomize(&overlay).unwrap_err();
        assert!(error.contains(missing), "{error}");
    }
}

#[test]
fn what_no_overlay_takes_can_be_taken() {
    const MORE: &str = "\
namespace: kaiin
resources: [../production]
components: [../../components/brand, ../../components/membership, ../../components/ingress]
configMapGenerator:
  - { name: brand, literals: [brand.yaml=x] }
  - { name: membership, literals: [membership.yaml=x] }
";
    let folder = with_samples();
    let overlay = folder.path().join("kustomize/overlays/more");
    fs::create_dir(&overlay).unwrap();
    fs::write(overlay.join("kustomization.yaml"), MORE).unwrap();
    let rendered = Manifests::parse("production", &kustomize(&overlay).unwrap());
    let settings = |name: &str| {
        let deployment = rendered.find("Deployment", name).unwrap();
        let workload = Workload::of(deployment).unwrap();
        ["BRAND", "MEMBERSHIP"].map(|setting| workload.env(setting).is_some())
    };
    assert_eq!(settings("register-client"), [true, true]);
    assert_eq!(settings("register-server"), [false, true]);
    let ingress = rendered.find("Ingress", "kaiin").unwrap();
    assert_eq!(text(ingress, "/spec/rules/0/host"), "member.example.com");
    for rule in super::rules::all() {
        let complaints = (rule.check)(&rendered);
        assert!(complaints.is_empty(), "{}: {complaints:?}", rule.name);
    }
}
