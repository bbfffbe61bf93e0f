//! What a pod may do to its node, and what it costs.

use serde_json::{Value, json};

use super::Rule;
use crate::manifests::object::{Workload, at, list, text, title};
use crate::manifests::render::Manifests;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "run-as-nobody",
        check: |manifests| {
            each(manifests, |workload| {
                let context = at(workload.pod(), "/securityContext");
                let user = at(context, "/runAsUser").as_u64();
                let user = if workload.is_ours() {
                    user == Some(65532)
                } else {
                    user > Some(0)
                };
                let right = user
                    && context["runAsNonRoot"] == true
                    && context["seccompProfile"]["type"] == "RuntimeDefault";
                (!right).then(|| context.to_string())
            })
        },
        overlay: "demo",
        defect: |manifests| {
            pod(manifests, "webhook")["securityContext"]["runAsNonRoot"] = json!(false);
        },
    },
    Rule {
        name: "no-privileges",
        check: |manifests| {
            each_container(manifests, |_, container| {
                let context = at(container, "/securityContext");
                let right = context["allowPrivilegeEscalation"] == false
                    && context["capabilities"] == json!({ "drop": ["ALL"] })
                    && context.get("privileged").is_none();
                (!right).then(|| context.to_string())
            })
        },
        overlay: "kind",
        defect: |manifests| {
            container(manifests, "api-users")["securityContext"]["capabilities"]["drop"] =
                json!([]);
        },
    },
    Rule {
        name: "read-only-root",
        check: |manifests| {
            each_container(manifests, |_, container| {
                let right = container["securityContext"]["readOnlyRootFilesystem"] == true;
                (!right).then(|| "may write into its image".to_owned())
            })
        },
        overlay: "production",
        defect: |manifests| {
            container(manifests, "register-client")["securityContext"]["readOnlyRootFilesystem"] =
                json!(false);
        },
    },
    Rule {
        name: "nothing-of-the-host",
        check: |manifests| {
            each(manifests, |workload| {
                let allowed = [
                    "configMap",
                    "emptyDir",
                    "projected",
                    "secret",
                    "persistentVolumeClaim",
                ];
                let strange = workload
                    .volumes()
                    .iter()
                    .find(|volume| !allowed.iter().any(|kind| volume.get(kind).is_some()));
                let shares = ["hostNetwork", "hostPID", "hostIPC"]
                    .into_iter()
                    .find(|share| workload.pod()[share] == true);
                strange
                    .map(|volume| text(volume, "/name"))
                    .or(shares)
                    .map(str::to_owned)
            })
        },
        overlay: "demo",
        defect: |manifests| {
            pod(manifests, "webhook")["volumes"][0] =
                json!({ "name": "x", "hostPath": { "path": "/" } });
        },
    },
    Rule {
        name: "no-default-token",
        check: |manifests| {
            let mut complaints = each(manifests, |workload| {
                let right = workload.pod()["automountServiceAccountToken"] == false
                    && workload.pod()["enableServiceLinks"] == false;
                (!right).then(|| "gets what it does not use".to_owned())
            });
            complaints.extend(
                manifests
                    .kind("ServiceAccount")
                    .filter(|account| account["automountServiceAccountToken"] != false)
                    .map(title),
            );
            complaints
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("ServiceAccount", "push-msg")["automountServiceAccountToken"] =
                json!(true);
        },
    },
    Rule {
        name: "memory-is-reserved",
        check: |manifests| {
            each_container(manifests, |_, container| {
                let (asks, may) = (
                    at(container, "/resources/requests"),
                    at(container, "/resources/limits"),
                );
                let right = asks["memory"].is_string()
                    && asks["memory"] == may["memory"]
                    && asks["cpu"].is_string();
                (!right).then(|| format!("asks for {asks}, may have {may}"))
            })
        },
        overlay: "demo",
        defect: |manifests| container(manifests, "simulator")["resources"]["limits"] = json!({}),
    },
    Rule {
        name: "no-secret-in-the-environment",
        check: |manifests| {
            each_container(manifests, |_, container| {
                let bare = list(container, "/env").iter().find(|entry| {
                    let name = text(entry, "/name");
                    let secret = ["SECRET", "TOKEN", "PASSWORD"]
                        .iter()
                        .any(|word| name.ends_with(word));
                    secret || entry["valueFrom"].get("secretKeyRef").is_some()
                });
                let whole = list(container, "/envFrom")
                    .iter()
                    .find(|from| from.get("secretRef").is_some());
                bare.or(whole).map(Value::to_string)
            })
        },
        overlay: "production",
        defect: |manifests| {
            container(manifests, "webhook")["env"][0] =
                json!({ "name": "LINE_CHANNEL_SECRET", "value": "x" });
        },
    },
    Rule {
        name: "secrets-are-read-only",
        check: |manifests| {
            each(manifests, |workload| {
                let secret = |volume: &&Value| {
                    let projected = volume["projected"]["sources"].to_string();
                    volume.get("secret").is_some()
                        || projected.contains("secret")
                        || projected.contains("serviceAccountToken")
                };
                let open = workload.volumes().iter().filter(secret).find(|volume| {
                    let loose =
                        volume["secret"].is_object() && volume["secret"]["defaultMode"] != 0o440;
                    let written = workload
                        .containers()
                        .iter()
                        .flat_map(|container| list(container, "/volumeMounts"));
                    let mut written = written.filter(|mount| mount["name"] == volume["name"]);
                    loose || written.any(|mount| mount["readOnly"] != true)
                });
                open.map(|volume| text(volume, "/name").to_owned())
            })
        },
        overlay: "kind",
        defect: |manifests| {
            pod(manifests, "register-server")["volumes"][1]["secret"]["defaultMode"] = json!(0o644);
        },
    },
];

fn each(manifests: &Manifests, check: impl Fn(Workload<'_>) -> Option<String>) -> Vec<String> {
    let complaint =
        |workload: Workload<'_>| Some(format!("{}: {}", title(workload.object), check(workload)?));
    manifests.workloads().filter_map(complaint).collect()
}

fn each_container(
    manifests: &Manifests,
    check: impl Fn(Workload<'_>, &Value) -> Option<String>,
) -> Vec<String> {
    each(manifests, |workload| {
        workload
            .containers()
            .iter()
            .find_map(|container| check(workload, container))
    })
}

fn pod<'a>(manifests: &'a mut Manifests, name: &str) -> &'a mut Value {
    &mut manifests.find_mut("Deployment", name)["spec"]["template"]["spec"]
}

fn container<'a>(manifests: &'a mut Manifests, name: &str) -> &'a mut Value {
    &mut pod(manifests, name)["containers"][0]
}
