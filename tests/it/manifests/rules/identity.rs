//! Who is who, to api-users.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Rule;
use crate::manifests::object::{at, list, name, text, title};
use crate::manifests::render::Manifests;

const SUBJECT: &str = "system:serviceaccount:kaiin:";

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "callers-prove-who-they-are",
        check: |manifests| {
            let mut complaints = Vec::new();
            let callers = manifests
                .workloads()
                .filter(|workload| workload.env("USERS_API").is_some());
            for workload in callers {
                let token = workload.volumes().iter().find_map(|volume| {
                    list(volume, "/projected/sources")
                        .iter()
                        .find_map(|source| source.get("serviceAccountToken"))
                });
                let right = token.is_some_and(|token| {
                    token["audience"] == "api-users" && token["expirationSeconds"] == 600
                });
                let role = issuers(manifests)["issuers"][0]["subjects"]
                    [format!("{SUBJECT}{}", workload.name())]["role"]
                    .clone();
                if !right || role != workload.name() {
                    complaints.push(title(workload.object));
                }
            }
            complaints
        },
        overlay: "production",
        defect: |manifests| {
            let pod = &mut manifests.find_mut("Deployment", "webhook")["spec"]["template"]["spec"];
            let volumes = pod["volumes"].as_array_mut().unwrap();
            volumes.retain(|volume| volume["name"] != "api-users-token");
        },
    },
    Rule {
        name: "subjects-exist",
        check: |manifests| {
            let issuers = issuers(manifests);
            let subjects = at(&issuers, "/issuers/0/subjects").as_object().unwrap();
            let named: BTreeSet<_> = subjects
                .keys()
                .map(|subject| subject.trim_start_matches(SUBJECT))
                .collect();
            let lost = named
                .iter()
                .filter(|subject| manifests.find("ServiceAccount", subject).is_none());
            lost.map(|subject| (*subject).to_owned()).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests
                .objects
                .retain(|object| title(object) != "ServiceAccount/operator-viewer");
        },
    },
    Rule {
        name: "keys-can-be-asked-for",
        check: |manifests| {
            let issuers = issuers(manifests);
            let issuer = &issuers["issuers"][0];
            let Some(server) = manifests.find("Deployment", "api-users") else {
                return vec!["there is no api-users".into()];
            };
            let volumes = list(server, "/spec/template/spec/volumes").iter();
            let mut projected = volumes.flat_map(|volume| list(volume, "/projected/sources"));
            let brings = |source: &Value, file: &str| {
                source.to_string().contains(&format!("\"path\":\"{file}\""))
            };
            let sources: Vec<_> = projected.by_ref().collect();
            let lost = ["/ca_file", "/token_file"]
                .into_iter()
                .map(|file| text(issuer, file))
                .find(|file| !sources.iter().any(|source| brings(source, file)));
            lost.map(str::to_owned).into_iter().collect()
        },
        overlay: "demo",
        defect: |manifests| {
            let pod =
                &mut manifests.find_mut("Deployment", "api-users")["spec"]["template"]["spec"];
            let volumes = pod["volumes"].as_array_mut().unwrap();
            let identity = volumes
                .iter_mut()
                .find(|volume| volume["name"] == "identity")
                .unwrap();
            identity["projected"]["sources"] = json!([]);
        },
    },
    Rule {
        name: "databases-are-reached",
        check: |manifests| {
            let stores = manifests
                .workloads()
                .filter(|workload| workload.env("DATABASE_URL_FILE").is_some());
            let lost = stores.filter(|workload| {
                let secret =
                    manifests.find_generated("Secret", &format!("{}-database", workload.name()));
                let secret = secret.map(Value::to_string).unwrap_or_default();
                !secret.contains("url") || workload.labels().get("kaiin/owns-store").is_none()
            });
            lost.map(|workload| title(workload.object)).collect()
        },
        overlay: "production",
        defect: |manifests| {
            manifests
                .objects
                .retain(|object| !name(object).starts_with("push-msg-database"));
        },
    },
];

/// What api-users is told to believe.
fn issuers(manifests: &Manifests) -> Value {
    let issuers = manifests.find_generated("ConfigMap", "issuers").unwrap();
    serde_json::from_str(text(issuers, "/data/issuers.json")).unwrap()
}
