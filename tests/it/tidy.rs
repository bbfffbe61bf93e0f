//! The fences of ARCHITECTURE.md, kept by a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::house::root;

const SERVICES: [&str; 5] = [
    "webhook",
    "api-users",
    "register-server",
    "register-client",
    "push-msg",
];
const STORE_OWNERS: [&str; 4] = ["webhook", "api-users", "register-server", "push-msg"];

/// Every package of the workspace: its name, its folder, and what it depends on outside tests.
fn packages() -> Vec<(String, PathBuf, BTreeSet<String>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let package = |package: &Value| {
        let folder = Path::new(package["manifest_path"].as_str().unwrap())
            .parent()
            .unwrap()
            .to_owned();
        let dependencies = package["dependencies"].as_array().unwrap();
        let ours = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null());
        (
            text(&package["name"]),
            folder,
            ours.map(|dependency| text(&dependency["name"])).collect(),
        )
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(package)
        .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn only_store_owners_speak_sql() {
    for (name, _, dependencies) in packages() {
        // It fills their tables with a million members, for want of the hours that asking takes.
        let fills = name == "bench";
        let allowed = fills || STORE_OWNERS.contains(&name.as_str());
        assert!(
            allowed || !dependencies.contains("sqlx"),
            "{name} depends on sqlx"
        );
    }
}

#[test]
fn no_service_and_no_contract_knows_a_service() {
    for (name, folder, dependencies) in packages() {
        let contract = folder.parent().unwrap().ends_with("crates");
        if contract || SERVICES.contains(&name.as_str()) {
            let known: Vec<_> = SERVICES
                .iter()
                .filter(|service| dependencies.contains(**service))
                .collect();
            assert!(known.is_empty(), "{name} depends on {known:?}");
        }
    }
}

#[test]
fn the_simulator_and_the_product_share_no_reading_of_line() {
    for (name, _, dependencies) in packages() {
        assert!(
            name != "simulator" || !dependencies.contains("line-api"),
            "the simulator depends on line-api"
        );
        let may_simulate = ["kaiin", "testkit"].contains(&name.as_str());
        assert!(
            may_simulate || !dependencies.contains("simulator"),
            "{name} depends on the simulator"
        );
    }
}

#[test]
fn thinking_is_apart_from_doing() {
    for folder in ["services/webhook/src/bot", "services/api-users/src/domain"] {
        for file in sources(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for doing in ["axum::", "sqlx::", "reqwest::", "tokio::"] {
                assert!(!text.contains(doing), "{} uses {doing}", file.display());
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_500_lines_and_most_are_short() {
    let mut lengths: Vec<(usize, PathBuf)> = sources(root())
        .into_iter()
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .collect();
    lengths.sort();
    let (longest, file) = lengths.last().unwrap();
    assert!(*longest <= 500, "{} has {longest} lines", file.display());
    let (nine_in_ten, file) = &lengths[lengths.len() * 9 / 10];
    assert!(
        *nine_in_ten <= 350,
        "nine in ten files have up to {nine_in_ten} lines, as {}",
        file.display()
    );
    let (median, _) = &lengths[lengths.len() / 2];
    assert!(*median <= 120, "the median file has {median} lines");
}
