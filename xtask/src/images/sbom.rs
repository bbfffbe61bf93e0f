//! What a program is made of, as `CycloneDX` 1.5.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::shell::cargo;

/// Every package that becomes part of the program of this package.
pub(super) fn of(package: &str) -> anyhow::Result<String> {
    let format = [
        "--format", "{p}|{l}", "--prefix", "none", "--edges", "normal",
    ];
    let mut tree = cargo(&["tree", "--locked", "--package", package]);
    let output = tree
        .args(format)
        // Where features are decided for the whole workspace, all of it would be listed.
        .env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION")
        .output()
        .context("cannot run cargo tree")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo tree: {said}");
    let lines = String::from_utf8(output.stdout)?;
    let lines: BTreeSet<_> = lines
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .collect();
    let components: Vec<_> = lines.into_iter().filter_map(component).collect();
    let version = env!("CARGO_PKG_VERSION");
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": { "type": "container", "name": format!("kaiin/{package}"), "version": version } },
        "components": components,
    });
    Ok(serde_json::to_string_pretty(&document)?)
}

/// `name v1.2.3 (path)|MIT OR Apache-2.0`.
fn component(line: &str) -> Option<Value> {
    let (package, licence) = line.split_once('|')?;
    let mut words = package.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
    // What lies at a path is our own, and in no registry.
    let ours = words.next().is_some_and(|word| word.starts_with("(/"));
    let licence = licence.replace('/', " OR ");
    let licence: Vec<_> = licence.split_whitespace().collect();
    let mut component = json!({
        "type": "library", "name": name, "version": version,
        "licenses": [{ "expression": licence.join(" ") }],
    });
    if !ours {
        component["purl"] = json!(format!("pkg:cargo/{name}@{version}"));
    }
    Some(component)
}
