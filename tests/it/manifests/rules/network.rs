//! Who may speak with whom: what is needed, and nothing else.

use serde_json::{Value, json};

use super::Rule;
use crate::manifests::object::{Workload, at, list, name, selects, text, title};
use crate::manifests::render::Manifests;

/// Pods that others put into the namespace.
const OF_OTHERS: [&str; 2] = ["cnpg.io/cluster", "acme.cert-manager.io/http01-solver"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "what-is-not-allowed-is-denied",
        check: |manifests| {
            let denies = manifests.kind("NetworkPolicy").any(|policy| {
                policy["spec"]["podSelector"] == json!({})
                    && list(policy, "/spec/policyTypes").len() == 2
                    && policy["spec"].get("ingress").is_none()
                    && policy["spec"].get("egress").is_none()
            });
            if denies {
                Vec::new()
            } else {
                vec!["nobody denies".into()]
            }
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("NetworkPolicy", "default-deny")["spec"]["ingress"] = json!([{}]);
        },
    },
    Rule {
        name: "every-pod-has-a-policy-of-its-own",
        check: |manifests| {
            let own = |workload: &Workload<'_>| {
                let policy = manifests.find("NetworkPolicy", workload.name());
                policy.is_some_and(|policy| {
                    selects(
                        at(policy, "/spec/podSelector/matchLabels"),
                        workload.labels(),
                    ) && list(policy, "/spec/policyTypes").len() == 2
                })
            };
            manifests
                .workloads()
                .filter(|workload| !own(workload))
                .map(|workload| title(workload.object))
                .collect()
        },
        overlay: "kind",
        defect: |manifests| {
            manifests
                .objects
                .retain(|object| title(object) != "NetworkPolicy/postgres");
        },
    },
    Rule {
        name: "every-policy-is-somebodys",
        check: |manifests| {
            let lost = manifests.kind("NetworkPolicy").filter(|policy| {
                let pods = at(policy, "/spec/podSelector");
                let labels = at(pods, "/matchLabels");
                let others = OF_OTHERS.iter().any(|label| labels.get(label).is_some());
                pods != &json!({})
                    && !others
                    && !manifests
                        .workloads()
                        .any(|workload| selects(labels, workload.labels()))
            });
            lost.map(title).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("NetworkPolicy", "line")["spec"]["podSelector"]["matchLabels"] =
                json!({ "app": "line" });
        },
    },
    Rule {
        name: "callers-are-let-out-and-in",
        check: |manifests| {
            let mut complaints = Vec::new();
            for workload in manifests.workloads().filter(|workload| workload.is_ours()) {
                for (callee, port) in callees(manifests, workload) {
                    let Some(callee) = manifests.workloads().find(|other| other.name() == callee)
                    else {
                        complaints.push(format!(
                            "{}: calls {callee}, who is not there",
                            title(workload.object)
                        ));
                        continue;
                    };
                    let port = port_name(callee, port);
                    for (pods, way, peer, there) in [
                        (workload, "egress", "to", callee),
                        (callee, "ingress", "from", workload),
                    ] {
                        if !allows(manifests, pods, way, peer, there, &port) {
                            complaints.push(format!(
                                "{}: no {way} for {} to {}",
                                title(pods.object),
                                workload.name(),
                                callee.name()
                            ));
                        }
                    }
                }
            }
            complaints
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("NetworkPolicy", "api-users")["spec"]["ingress"][0]["from"] =
                json!([]);
        },
    },
    Rule {
        name: "names-can-be-looked-up",
        check: |manifests| {
            let resolves = manifests.kind("NetworkPolicy").any(|policy| {
                policy["spec"]["podSelector"] == json!({})
                    && list(policy, "/spec/egress").iter().any(|egress| {
                        let ports = list(egress, "/ports");
                        ["UDP", "TCP"].iter().all(|protocol| {
                            ports.contains(&json!({ "port": 53, "protocol": protocol }))
                        })
                    })
            });
            if resolves {
                Vec::new()
            } else {
                vec!["nobody may ask for a name".into()]
            }
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("NetworkPolicy", "dns")["spec"]["egress"][0]["ports"] = json!([]);
        },
    },
    Rule {
        name: "line-is-outside-or-simulated",
        check: |manifests| {
            let Some(policy) = manifests.find("NetworkPolicy", "line") else {
                return vec!["there is no such policy".into()];
            };
            let simulated = manifests.find("Deployment", "simulator").is_some();
            let block = at(policy, "/spec/egress/0/to/0/ipBlock");
            let private = [
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "169.254.0.0/16",
            ];
            let outside = block["cidr"] == "0.0.0.0/0"
                && private
                    .iter()
                    .all(|private| list(block, "/except").contains(&json!(private)))
                && policy["spec"]["egress"][0]["ports"] == json!([{ "port": 443 }]);
            let right = if simulated { block.is_null() } else { outside };
            if right {
                Vec::new()
            } else {
                vec![title(policy)]
            }
        },
        overlay: "production",
        defect: |manifests| {
            manifests.find_mut("NetworkPolicy", "line")["spec"]["egress"][0]["to"][0]["ipBlock"]
                ["except"] = json!([]);
        },
    },
];

/// Whom it calls inside the cluster, and at which port, as its settings say.
fn callees(manifests: &Manifests, workload: Workload<'_>) -> Vec<(String, u64)> {
    let settings = manifests.find_generated("ConfigMap", "settings");
    let mut calls = Vec::new();
    for name in ["USERS_API", "REGISTER_SERVER", "WEBHOOK_URL"] {
        calls.extend(workload.env(name).map(str::to_owned));
    }
    if workload.labels().get("kaiin/calls-line").is_some() {
        let base = settings.map(|settings| text(settings, "/data/LINE_API_BASE"));
        calls.extend(base.filter(|base| !base.is_empty()).map(str::to_owned));
    }
    if workload.labels().get("kaiin/owns-store").is_some()
        && manifests.find("StatefulSet", "postgres").is_some()
    {
        calls.push("postgres://postgres:5432".into());
    }
    let parse = |call: String| {
        let url = url::Url::parse(&call).unwrap();
        (
            url.host_str().unwrap().to_owned(),
            u64::from(url.port().unwrap()),
        )
    };
    calls.into_iter().map(parse).collect()
}

fn port_name(workload: Workload<'_>, number: u64) -> String {
    let ports = workload
        .containers()
        .iter()
        .flat_map(|container| list(container, "/ports"));
    let mut ports = ports.filter(|port| port["containerPort"] == number);
    ports
        .next()
        .map(|port| text(port, "/name").to_owned())
        .unwrap_or_default()
}

/// Whether a policy of these pods lets the others in, or them out to the others.
fn allows(
    manifests: &Manifests,
    pods: Workload<'_>,
    way: &str,
    peer: &str,
    there: Workload<'_>,
    port: &str,
) -> bool {
    let policies = manifests.kind("NetworkPolicy").filter(|policy| {
        selects(at(policy, "/spec/podSelector/matchLabels"), pods.labels())
            && name(policy) != "default-deny"
    });
    policies
        .flat_map(|policy| list(&policy["spec"], &format!("/{way}")))
        .any(|rule| {
            let peers = list(rule, &format!("/{peer}")).iter();
            let mut peers = peers.filter(|peer| peer.get("namespaceSelector").is_none());
            peers.any(|peer| selects(at(peer, "/podSelector/matchLabels"), there.labels()))
                && list(rule, "/ports")
                    .iter()
                    .any(|allowed: &Value| allowed["port"] == port)
        })
}
