//! What the cluster says.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// How many replicas of a part there are, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) wanted: u64,
    pub(super) ready: u64,
    /// Those of the newest version.
    updated: u64,
    /// Each pod, with how often its container was started again.
    pods: BTreeSet<(String, u64)>,
}

impl Standing {
    pub(super) fn of(part: &str) -> anyhow::Result<Self> {
        let deployment = get(&["deployment", part])?;
        let pods = get(&[
            "pods",
            "--selector",
            &format!("app.kubernetes.io/name={part}"),
        ])?;
        Ok(Self::read(&deployment, &pods))
    }

    fn read(deployment: &Value, pods: &Value) -> Self {
        let status = &deployment["status"];
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        let pod = |pod: &Value| {
            let name = pod["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            (
                name,
                number(&pod["status"]["containerStatuses"][0]["restartCount"]),
            )
        };
        let pods = pods["items"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        // What is on its way out is no replica any more.
        let staying = pods
            .iter()
            .filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        Self {
            wanted: number(&deployment["spec"]["replicas"]),
            ready: number(&status["readyReplicas"]),
            updated: number(&status["updatedReplicas"]),
            pods: staying.map(pod).collect(),
        }
    }

    /// Whether there are as many as there should be, all of them of one version.
    pub(super) fn is_whole(&self) -> bool {
        self.ready == self.wanted
            && self.updated == self.wanted
            && self.pods.len() as u64 == self.wanted
    }

    /// Whether anything was noticed.
    pub(super) fn differs_from(&self, before: &Self) -> bool {
        self != before
    }
}

/// The node of one of the part's pods.
pub(super) fn a_node_of(part: &str) -> anyhow::Result<String> {
    let pods = get(&[
        "pods",
        "--selector",
        &format!("app.kubernetes.io/name={part}"),
    ])?;
    let node = pods["items"][0]["spec"]["nodeName"].as_str();
    Ok(node.context("it runs on no node")?.to_owned())
}

pub(super) fn restart(part: &str) -> anyhow::Result<()> {
    kubectl(&["rollout", "restart", &format!("deployment/{part}")]).map(drop)
}

pub(super) fn wait_for_nodes() -> anyhow::Result<()> {
    kubectl(&[
        "wait",
        "--for",
        "condition=Ready",
        "node",
        "--all",
        "--timeout",
        "5m",
    ])
    .map(drop)
}

fn get(what: &[&str]) -> anyhow::Result<Value> {
    let mut words = vec!["get", "--output", "json"];
    words.extend(what);
    Ok(serde_json::from_slice(&kubectl(&words)?)?)
}

fn kubectl(words: &[&str]) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("kubectl")
        .args(["--namespace", "kaiin", "--request-timeout", "5s"])
        .args(words)
        .output()
        .context("cannot run kubectl")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "kubectl {}: {said}",
        words.join(" ")
    );
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn standing(ready: u64, pods: &[(&str, u64, bool)]) -> Standing {
        let pods = pods.iter().map(|(name, restarts, going)| {
            let mut pod = json!({
                "metadata": { "name": name },
                "status": { "containerStatuses": [{ "restartCount": restarts }] },
            });
            if *going {
                pod["metadata"]["deletionTimestamp"] = json!("2026-11-22T00:00:00Z");
            }
            pod
        });
        Standing::read(
            &json!({ "spec": { "replicas": 2 }, "status": { "readyReplicas": ready, "updatedReplicas": 2 } }),
            &json!({ "items": pods.collect::<Vec<_>>() }),
        )
    }

    #[test]
    fn a_loss_is_noticed_even_if_it_is_made_good_between_two_looks() {
        let before = standing(2, &[("a", 0, false), ("b", 0, false)]);
        let after = standing(2, &[("a", 1, false), ("b", 0, false)]);
        assert!(after.differs_from(&before) && after.is_whole());
    }

    #[test]
    fn it_is_whole_when_those_that_stay_are_enough() {
        assert!(!standing(1, &[("a", 0, false), ("b", 0, false)]).is_whole());
        assert!(!standing(2, &[("a", 0, false), ("b", 0, true)]).is_whole());
        assert!(standing(2, &[("a", 0, true), ("b", 0, false), ("c", 0, false)]).is_whole());
    }
}
