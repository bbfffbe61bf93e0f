//! How pods come, go and are spread.

use serde_json::{Value, json};

use super::Rule;
use crate::manifests::object::{Workload, at, list, name, selects, text, title};
use crate::manifests::render::Manifests;

/// After this a service that was told to stop ends itself.
const HARD_STOP: u64 = 20;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "two-replicas",
        check: |manifests| {
            deployments(manifests, |workload| {
                (replicas(manifests, workload) < 2).then(|| "has one replica".to_owned())
            })
        },
        overlay: "production",
        defect: |manifests| {
            manifests.find_mut("HorizontalPodAutoscaler", "webhook")["spec"]["minReplicas"] =
                json!(1);
        },
    },
    Rule {
        name: "who-scales-decides",
        check: |manifests| {
            let fixed = |scaler: &&Value| {
                let target = text(scaler, "/spec/scaleTargetRef/name");
                manifests
                    .find("Deployment", target)
                    .is_none_or(|target| target["spec"].get("replicas").is_some())
            };
            manifests
                .kind("HorizontalPodAutoscaler")
                .filter(fixed)
                .map(title)
                .collect()
        },
        overlay: "production",
        defect: |manifests| spec(manifests, "webhook")["replicas"] = json!(2),
    },
    Rule {
        name: "a-rollout-takes-nobody-away",
        check: |manifests| {
            deployments(manifests, |workload| {
                let strategy = at(workload.object, "/spec/strategy");
                let right = match replicas(manifests, workload) {
                    1 => {
                        strategy["type"] == "Recreate"
                            || strategy["rollingUpdate"]["maxUnavailable"] == 0
                    }
                    _ => {
                        strategy["rollingUpdate"] == json!({ "maxSurge": 1, "maxUnavailable": 0 })
                            && at(workload.object, "/spec/minReadySeconds").as_u64() >= Some(5)
                    }
                };
                (!right).then(|| strategy.to_string())
            })
        },
        overlay: "production",
        defect: |manifests| {
            spec(manifests, "webhook")["strategy"]["rollingUpdate"]["maxUnavailable"] = json!(1);
        },
    },
    Rule {
        name: "one-writer-per-volume",
        check: |manifests| {
            deployments(manifests, |workload| {
                let keeps = workload
                    .volumes()
                    .iter()
                    .any(|volume| volume.get("persistentVolumeClaim").is_some());
                let right = !keeps
                    || workload.object["spec"]["strategy"]["type"] == "Recreate"
                        && replicas(manifests, workload) == 1;
                (!right).then(|| "two processes on one file".to_owned())
            })
        },
        overlay: "demo",
        defect: |manifests| spec(manifests, "webhook")["replicas"] = json!(2),
    },
    Rule {
        name: "replicas-are-on-different-nodes",
        check: |manifests| {
            deployments(manifests, |workload| {
                let spread = list(workload.pod(), "/topologySpreadConstraints")
                    .iter()
                    .any(|spread| {
                        spread["topologyKey"] == "kubernetes.io/hostname"
                    && spread["whenUnsatisfiable"] == "DoNotSchedule"
                    && spread["maxSkew"] == 1
                    // Or a node that is lost keeps its pods from going elsewhere.
                    && spread["nodeTaintsPolicy"] == "Honor"
                    && selects(at(spread, "/labelSelector/matchLabels"), workload.labels())
                    });
                (!spread && replicas(manifests, workload) > 1)
                    .then(|| "may all be on one node".to_owned())
            })
        },
        overlay: "production",
        defect: |manifests| {
            spec(manifests, "webhook")["template"]["spec"]["topologySpreadConstraints"][0]["nodeTaintsPolicy"] =
                json!("Ignore");
        },
    },
    Rule {
        name: "a-lost-node-is-given-up-soon",
        check: |manifests| {
            let complaint = |workload: Workload<'_>| {
                let soon = |key: &str| {
                    list(workload.pod(), "/tolerations")
                        .iter()
                        .any(|toleration| {
                            toleration["key"] == key
                                && toleration["effect"] == "NoExecute"
                                && toleration["tolerationSeconds"] == 10
                        })
                };
                let right =
                    soon("node.kubernetes.io/not-ready") && soon("node.kubernetes.io/unreachable");
                (!right && workload.is_ours()).then(|| title(workload.object))
            };
            manifests.workloads().filter_map(complaint).collect()
        },
        overlay: "kind",
        defect: |manifests| {
            spec(manifests, "webhook")["template"]["spec"]["tolerations"][0]["tolerationSeconds"] =
                json!(300);
        },
    },
    Rule {
        name: "a-budget-for-those-who-share",
        check: |manifests| {
            deployments(manifests, |workload| {
                let budget = manifests.kind("PodDisruptionBudget").find(|budget| {
                    selects(at(budget, "/spec/selector/matchLabels"), workload.labels())
                });
                match (budget, replicas(manifests, workload)) {
                    (None, 1) => None,
                    (None, _) => Some("has none".to_owned()),
                    (Some(budget), 1) => Some(format!(
                        "{} keeps its node from being drained",
                        title(budget)
                    )),
                    (Some(budget), _) => {
                        let spec = &budget["spec"];
                        let right = spec["maxUnavailable"] == 1
                            && spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow";
                        (!right).then(|| spec.to_string())
                    }
                }
            })
        },
        overlay: "production",
        defect: |manifests| {
            manifests.find_mut("PodDisruptionBudget", "webhook")["spec"]["maxUnavailable"] =
                json!(0);
        },
    },
    Rule {
        name: "it-has-time-to-stop",
        check: |manifests| {
            deployments(manifests, |workload| {
                let wait = workload.containers().iter().filter_map(|container| {
                    at(container, "/lifecycle/preStop/sleep/seconds").as_u64()
                });
                let wait = wait.max();
                let grace = at(workload.pod(), "/terminationGracePeriodSeconds").as_u64();
                let right = wait >= Some(5) && grace > wait.map(|wait| wait + HARD_STOP);
                (!right && workload.name() != "simulator")
                    .then(|| format!("waits {wait:?}, has {grace:?}"))
            })
        },
        overlay: "production",
        defect: |manifests| {
            spec(manifests, "webhook")["template"]["spec"]["terminationGracePeriodSeconds"] =
                json!(25);
        },
    },
    Rule {
        name: "probes-ask-the-right-thing",
        check: |manifests| {
            deployments(manifests, |workload| {
                workload.containers().iter().find_map(|container| {
                    let ports = list(container, "/ports");
                    let named = |port: &Value| ports.iter().any(|known| &known["name"] == port);
                    let probes = ["startupProbe", "readinessProbe", "livenessProbe"];
                    let homeless = probes.into_iter().find(|probe| {
                        let probe = &container[probe];
                        !named(&probe["httpGet"]["port"]) && !named(&probe["tcpSocket"]["port"])
                    });
                    let ours = workload.name() != "simulator";
                    let wrong = ours
                        && (container["livenessProbe"]["httpGet"]["path"] != "/livez"
                            || container["readinessProbe"]["httpGet"]["path"] != "/readyz"
                            || container["readinessProbe"]["periodSeconds"] != 1
                            || container["startupProbe"]["periodSeconds"] != 1);
                    homeless
                        .or(wrong.then_some("asks the wrong thing"))
                        .map(str::to_owned)
                })
            })
        },
        overlay: "production",
        defect: |manifests| {
            let webhook = &mut spec(manifests, "webhook")["template"]["spec"]["containers"][0];
            webhook["livenessProbe"]["httpGet"]["path"] = json!("/readyz");
        },
    },
    Rule {
        name: "the-clock-ticks-on",
        check: |manifests| {
            let sound = |job: &&Value| {
                let (cron, job) = (&job["spec"], &job["spec"]["jobTemplate"]["spec"]);
                cron["concurrencyPolicy"] == "Forbid"
                    && cron["timeZone"].is_string()
                    && cron["startingDeadlineSeconds"].as_u64() >= Some(10)
                    && cron["successfulJobsHistoryLimit"].is_u64()
                    && cron["failedJobsHistoryLimit"].is_u64()
                    // A policy that comes later than the pod is a reason to try again in the same pod.
                    && job["backoffLimit"].as_u64() > Some(0)
                    && job["activeDeadlineSeconds"].is_u64()
                    && job["template"]["spec"]["restartPolicy"] == "OnFailure"
            };
            manifests
                .kind("CronJob")
                .filter(|job| !sound(job))
                .map(title)
                .collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("CronJob", "push-msg")["spec"]["concurrencyPolicy"] = json!("Allow");
        },
    },
];

fn deployments(
    manifests: &Manifests,
    check: impl Fn(Workload<'_>) -> Option<String>,
) -> Vec<String> {
    let complaint =
        |workload: Workload<'_>| Some(format!("{}: {}", title(workload.object), check(workload)?));
    let serving = manifests.workloads().filter(|workload| workload.serves());
    serving.filter_map(complaint).collect()
}

/// How many there are at least.
fn replicas(manifests: &Manifests, workload: Workload<'_>) -> u64 {
    let scaler = manifests
        .kind("HorizontalPodAutoscaler")
        .find(|scaler| name(scaler) == workload.name());
    let count = match scaler {
        Some(scaler) => at(scaler, "/spec/minReplicas"),
        None => at(workload.object, "/spec/replicas"),
    };
    count.as_u64().unwrap_or(1)
}

fn spec<'a>(manifests: &'a mut Manifests, name: &str) -> &'a mut Value {
    &mut manifests.find_mut("Deployment", name)["spec"]
}
