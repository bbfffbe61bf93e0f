//! What others' tools say of the manifests, the images and the scripts.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::NamedTempFile;

use super::object::{list, text};
use super::render::{OVERLAYS, render, tool};
use crate::house::root;

/// The version of Kubernetes whose schemas are taken.
const KUBERNETES: &str = "1.37";

/// checkov's checks that we do not follow: which, about what, and why.
const NOT_FOLLOWED: [(&str, &str, &str); 4] = [
    (
        "CKV_K8S_11",
        "",
        "a CPU limit only slows down what the node has time for; memory is limited",
    ),
    (
        "CKV_K8S_15",
        "",
        "versions are never moved, and what is on the node is as good and sooner there",
    ),
    (
        "CKV_K8S_43",
        "",
        "the images are built by whoever installs them; an overlay may name digests",
    ),
    (
        "CKV_K8S_40",
        "StatefulSet.kaiin.postgres",
        "PostgreSQL's own image has its own user, 999",
    ),
];

#[test]
fn kubernetes_own_schemas_are_kept() {
    let arguments = ["--strict", "-k", KUBERNETES];
    let output = run("kubernetes-validate", &arguments, &OVERLAYS.map(rendered));
    let said_of_all = said(&output);
    assert!(
        output.status.success() && !said_of_all.contains("ERROR"),
        "{said_of_all}"
    );

    let mut broken = NamedTempFile::with_suffix(".yaml").unwrap();
    let misspelt = render("demo")
        .unwrap()
        .replace("terminationGracePeriodSeconds:", "terminationGracePeriod:");
    broken.write_all(misspelt.as_bytes()).unwrap();
    let output = run("kubernetes-validate", &arguments, &[broken]);
    assert!(!output.status.success(), "a misspelt field is refused");
}

#[test]
fn checkov_finds_what_we_know_and_nothing_else() {
    let files = OVERLAYS.map(rendered);
    let mut checkov = Command::new(tool("checkov"));
    checkov.args([
        "--framework",
        "kubernetes",
        "--quiet",
        "--compact",
        "--skip-download",
        "--output",
        "json",
    ]);
    for file in &files {
        checkov.arg("--file").arg(file.path());
    }
    let output = checkov.current_dir(root()).output().unwrap();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    assert!(
        report["summary"]["passed"].as_u64() > Some(1_000),
        "{}",
        report["summary"]
    );
    let known = |check: &Value| {
        let (id, about) = (text(check, "/check_id"), text(check, "/resource"));
        NOT_FOLLOWED
            .iter()
            .any(|(known, what, _)| *known == id && about.starts_with(what))
    };
    let failed = list(&report, "/results/failed_checks").iter();
    let new: Vec<_> = failed
        .filter(|check| !known(check))
        .map(|check| {
            format!(
                "{} {}: {}",
                text(check, "/check_id"),
                text(check, "/resource"),
                text(check, "/check_name")
            )
        })
        .collect();
    assert!(new.is_empty(), "{}", new.join("\n"));
}

#[test]
fn yamllint_has_nothing_to_say() {
    let config = root().join(".yamllint.yaml");
    let arguments = ["--strict", "--config-file", config.to_str().unwrap()];
    let output = run(
        "yamllint",
        &arguments,
        &files(
            &["deploy", "kustomize", "traefik"],
            &[".yaml", ".yml", ".yaml.sample"],
        ),
    );
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let mut scripts = files(&["kustomize", "deploy", ".ci"], &[".sh", "run"]);
    scripts.retain(|script| fs::read_to_string(script).unwrap().starts_with("#!"));
    assert!(!scripts.is_empty());
    let output = run(
        "shellcheck",
        &["--enable=all", "--exclude=SC2250,SC2312"],
        &scripts,
    );
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn hadolint_has_nothing_to_say() {
    let output = run("hadolint", &[], &["Dockerfile"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn vagrant_finds_the_machines_well_described() {
    // It writes beside what it reads.
    let folder = tempfile::tempdir().unwrap();
    for file in files(&["deploy"], &[".sh"])
        .iter()
        .chain([&root().join("Vagrantfile")])
    {
        let copy = folder.path().join(file.strip_prefix(root()).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(file, copy).unwrap();
    }
    let mut vagrant = Command::new(tool("vagrant"));
    vagrant
        .args(["validate", "--ignore-provider"])
        .current_dir(folder.path());
    let output = vagrant
        .env("VAGRANT_HOME", folder.path().join("home"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

fn rendered(overlay: &str) -> NamedTempFile {
    let mut file = NamedTempFile::with_suffix(".yaml").unwrap();
    file.write_all(render(overlay).unwrap().as_bytes()).unwrap();
    file
}

fn run(program: &str, arguments: &[&str], files: &[impl AsRef<Path>]) -> Output {
    let mut command = Command::new(tool(program));
    command.args(arguments).current_dir(root());
    for file in files {
        command.arg(file.as_ref());
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{err}")
}

/// The files in these folders whose names end so.
fn files(folders: &[&str], ends: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if ends.iter().any(|end| name.ends_with(end)) {
                found.push(path);
            }
        }
    }
    found
}
