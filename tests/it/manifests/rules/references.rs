//! Whatever names something names something that is there.

use serde_json::{Value, json};

use super::Rule;
use crate::manifests::object::{Workload, at, list, selects, text, title};
use crate::manifests::render::Manifests;

/// What others put into the namespace: the cluster, cert-manager and `CloudNativePG`.
const OF_OTHERS: [&str; 6] = [
    "kube-root-ca.crt",
    "website-tls",
    "database-ca",
    "api-users-tls",
    "register-server-tls",
    "register-client-tls",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "services-find-pods",
        check: |manifests| {
            let complaint = |service: &Value| {
                let pods = at(service, "/spec/selector");
                let Some(workload) = manifests
                    .workloads()
                    .find(|workload| selects(pods, workload.labels()))
                else {
                    return Some(format!("{}: nobody answers to {pods}", title(service)));
                };
                let ports = workload
                    .containers()
                    .iter()
                    .flat_map(|container| list(container, "/ports"));
                let known: Vec<_> = ports.map(|port| &port["name"]).collect();
                let lost = list(service, "/spec/ports")
                    .iter()
                    .find(|port| !known.contains(&&port["targetPort"]));
                lost.map(|port| format!("{}: no port {}", title(service), port["targetPort"]))
            };
            manifests.kind("Service").filter_map(complaint).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("Service", "webhook")["spec"]["ports"][0]["targetPort"] =
                json!("public");
        },
    },
    Rule {
        name: "selectors-match-their-own-pods",
        check: |manifests| {
            let lost = manifests.workloads().filter(|workload| {
                workload.kind() != "CronJob"
                    && !selects(
                        at(workload.object, "/spec/selector/matchLabels"),
                        workload.labels(),
                    )
            });
            lost.map(|workload| title(workload.object)).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("Deployment", "webhook")["spec"]["selector"]["matchLabels"] =
                json!({ "app": "webhook" });
        },
    },
    Rule {
        name: "service-accounts-exist",
        check: |manifests| {
            let lost = manifests.workloads().filter(|workload| {
                let account = text(workload.pod(), "/serviceAccountName");
                manifests.find("ServiceAccount", account).is_none() || account != workload.name()
            });
            lost.map(|workload| title(workload.object)).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("CronJob", "push-msg")["spec"]["jobTemplate"]["spec"]["template"]
                ["spec"]["serviceAccountName"] = json!("webhook");
        },
    },
    Rule {
        name: "settings-and-secrets-exist",
        check: |manifests| {
            let mut complaints = Vec::new();
            for workload in manifests.workloads() {
                let mut named = Vec::new();
                collect(workload.template, &mut named);
                let lost = named.into_iter().filter(|(kind, name)| {
                    !OF_OTHERS.contains(&name.as_str()) && manifests.find(kind, name).is_none()
                });
                complaints.extend(
                    lost.map(|(kind, name)| {
                        format!("{}: no {kind} {name}", title(workload.object))
                    }),
                );
            }
            complaints
        },
        overlay: "production",
        defect: |manifests| {
            manifests
                .objects
                .retain(|object| !title(object).starts_with("Secret/line-login"));
        },
    },
    Rule {
        name: "files-that-settings-name-are-mounted",
        check: |manifests| {
            let mut complaints = Vec::new();
            for workload in manifests.workloads().filter(|workload| workload.is_ours()) {
                for container in workload.containers() {
                    let files = list(container, "/env").iter().filter(|entry| {
                        let name = text(entry, "/name");
                        name.ends_with("_FILE") || name.starts_with("TLS_")
                    });
                    let lost = files.filter(|entry| {
                        !is_mounted(manifests, workload, container, text(entry, "/value"))
                    });
                    complaints.extend(lost.map(|entry| {
                        format!("{}: nothing at {}", title(workload.object), entry["value"])
                    }));
                }
            }
            complaints
        },
        overlay: "production",
        defect: |manifests| {
            let env = &mut manifests.find_mut("Deployment", "webhook")["spec"]["template"]["spec"]
                ["containers"][0]["env"];
            let mut entries = env.as_array_mut().unwrap().iter_mut();
            let address = entries.find(|entry| entry["name"] == "DATABASE_URL_FILE");
            address.unwrap()["value"] = json!("/run/secrets/database/address");
        },
    },
    Rule {
        name: "images-are-of-this-version",
        check: |manifests| {
            let complaint = |workload: Workload<'_>| {
                let image = text(&workload.containers()[0], "/image");
                let ours = format!("kaiin/{}:{}", workload.name(), env!("CARGO_PKG_VERSION"));
                let pinned = workload.name() == "postgres"
                    && image.starts_with("postgres:")
                    && !image.ends_with("latest");
                (image != ours && !pinned).then(|| format!("{}: {image}", title(workload.object)))
            };
            manifests.workloads().filter_map(complaint).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("Deployment", "webhook")["spec"]["template"]["spec"]["containers"]
                [0]["image"] = json!("kaiin/webhook:latest");
        },
    },
    Rule {
        name: "everything-is-labelled-and-at-home",
        check: |manifests| {
            let cluster = ["Namespace", "PriorityClass"];
            let lost = manifests.objects.iter().filter(|object| {
                let home = text(object, "/metadata/namespace") == "kaiin"
                    || cluster.contains(&text(object, "/kind"));
                let workload = Workload::of(object).is_none_or(|workload| {
                    let labels = workload.labels();
                    labels["app.kubernetes.io/name"] == workload.name()
                });
                !home || !workload
            });
            lost.map(title).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("Service", "webhook")["metadata"]["namespace"] = json!("default");
        },
    },
    Rule {
        name: "the-namespace-is-restricted",
        check: |manifests| {
            let right = manifests
                .find("Namespace", "kaiin")
                .is_some_and(|namespace| {
                    namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
                        == "restricted"
                });
            if right {
                Vec::new()
            } else {
                vec!["Namespace/kaiin".into()]
            }
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("Namespace", "kaiin")["metadata"]["labels"] = json!({});
        },
    },
];

/// Every `ConfigMap` and `Secret` that a pod template names.
fn collect(value: &Value, named: &mut Vec<(&'static str, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let kind = match key.as_str() {
                    "configMap" | "configMapRef" | "configMapKeyRef" => "ConfigMap",
                    "secret" | "secretRef" | "secretKeyRef" => "Secret",
                    _ => "",
                };
                let name = value
                    .get("name")
                    .or_else(|| value.get("secretName"))
                    .and_then(Value::as_str);
                match name {
                    Some(name) if !kind.is_empty() => named.push((kind, name.to_owned())),
                    _ => collect(value, named),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, named)),
        _ => {}
    }
}

/// Whether a volume brings this file.
fn is_mounted(
    manifests: &Manifests,
    workload: Workload<'_>,
    container: &Value,
    file: &str,
) -> bool {
    let Some((folder, file)) = file.rsplit_once('/') else {
        return false;
    };
    let mounts = list(container, "/volumeMounts").iter();
    let volume = mounts
        .filter(|mount| mount["mountPath"] == folder)
        .find_map(|mount| {
            workload
                .volumes()
                .iter()
                .find(|volume| volume["name"] == mount["name"])
        });
    let Some(volume) = volume else { return false };
    if volume["projected"]["sources"]
        .to_string()
        .contains(&format!("\"path\":\"{file}\""))
    {
        return true;
    }
    let secret = text(volume, "/secret/secretName");
    let issued = |certificate: &Value| text(certificate, "/spec/secretName") == secret;
    if manifests.kind("Certificate").any(issued) {
        let mut items = list(volume, "/secret/items").iter();
        let all = items.len() == 0;
        return ["tls.crt", "tls.key", "ca.crt"].contains(&file)
            && (all || items.any(|item| item["path"] == file));
    }
    let secret = manifests.find("Secret", secret);
    secret.is_some_and(|secret| {
        ["data", "stringData"]
            .iter()
            .any(|data| secret[data].get(file).is_some())
    })
}
