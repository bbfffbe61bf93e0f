//! What the manifests tell the programs, held against the programs.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::object::{list, text, title};
use super::render::{Manifests, OVERLAYS};
use crate::house::{program, root};

/// Settings that are not the program's own: what SQLite and the manifests read.
const OF_OTHERS: [&str; 2] = ["SQLITE_TMPDIR", "WEBSITE"];

#[test]
fn every_setting_is_one_that_the_program_has() {
    for overlay in OVERLAYS {
        let manifests = Manifests::of(overlay);
        let shared = manifests.find_generated("ConfigMap", "settings").unwrap();
        let shared: BTreeSet<_> = shared["data"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        let mut read_by_somebody = BTreeSet::from(["LINE_API_DATA_BASE".to_owned()]);
        for workload in manifests.workloads().filter(|workload| workload.is_ours()) {
            let container = &workload.containers()[0];
            let command: Vec<_> = list(container, "/args")
                .iter()
                .filter_map(|word| word.as_str())
                .collect();
            let known = settings(workload.name(), command.first().copied());
            for entry in list(container, "/env") {
                let name = text(entry, "/name");
                let right = known.contains(name) || OF_OTHERS.contains(&name);
                assert!(right, "{overlay}: {} has no {name}", title(workload.object));
            }
            read_by_somebody.extend(known);
        }
        let unread: Vec<_> = shared.difference(&read_by_somebody).collect();
        assert!(unread.is_empty(), "{overlay}: nobody reads {unread:?}");
    }
}

/// What the program's help says that it reads.
fn settings(name: &str, command: Option<&str>) -> BTreeSet<String> {
    let output = Command::new(program(name))
        .args(command)
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let names = help.split("[env: ").skip(1);
    names
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_uppercase() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn what_is_watched_is_counted_and_every_alert_is_explained() {
    let manifests = Manifests::of("production");
    let rules = manifests.find("PrometheusRule", "kaiin").unwrap();
    let alerts = list(rules, "/spec/groups/0/rules");
    let dashboard = manifests
        .find("ConfigMap", "kaiin-dashboard")
        .unwrap()
        .to_string();
    let watched: String = alerts
        .iter()
        .map(|alert| text(alert, "/expr"))
        .chain([dashboard.as_str()])
        .collect();

    let folders = [
        "crates/service-kit/src/server",
        "services/push-msg/src",
        "services/webhook/src",
    ]
    .map(|folder| root().join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap().flatten());
    let sources: String = files
        .filter_map(|file| fs::read_to_string(file.path()).ok())
        .collect();
    let words = watched.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metrics: BTreeSet<_> = words
        .filter(|word| {
            ["http_", "push_", "webhook_"]
                .iter()
                .any(|ours| word.starts_with(ours))
        })
        .collect();
    assert!(metrics.len() >= 5, "{metrics:?}");
    for metric in metrics {
        let bare = ["_total", "_bucket", "_seconds"]
            .iter()
            .fold(metric, |name, end| name.trim_end_matches(end));
        assert!(
            sources.contains(&format!("\"{bare}\"")),
            "nobody counts {metric}"
        );
    }

    let docs = fs::read_to_string(root().join("docs/kubernetes.md")).unwrap();
    for alert in alerts {
        let name = text(alert, "/alert");
        assert!(
            docs.contains(&format!("`{name}`")),
            "docs/kubernetes.md says nothing of {name}"
        );
    }
}
