//! Who shows a certificate, and who is called by one.

use serde_json::{Value, json};

use super::Rule;
use super::ingress::ends;
use crate::manifests::object::{Workload, at, list, text, title};
use crate::manifests::render::Manifests;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "callers-speak-tls-where-it-is-spoken",
        check: |manifests| {
            let mut complaints = Vec::new();
            for caller in manifests.workloads() {
                for setting in ["USERS_API", "REGISTER_SERVER"] {
                    let Some((scheme, callee)) = caller
                        .env(setting)
                        .and_then(|address| address.split_once("://"))
                    else {
                        continue;
                    };
                    let callee = callee.split(':').next().unwrap_or_default();
                    let tls = shows_a_certificate(manifests, callee);
                    let right = if tls { "https" } else { "http" };
                    if scheme != right || tls && caller.env("TLS_CA").is_none() {
                        complaints.push(format!("{}: {setting}", title(caller.object)));
                    }
                }
            }
            complaints
        },
        overlay: "production",
        defect: |manifests| {
            let job = manifests.find_mut("CronJob", "push-msg");
            let pod = &mut job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
            let env = pod["containers"][0]["env"].as_array_mut().unwrap();
            env.retain(|entry| entry["name"] != "TLS_CA");
        },
    },
    Rule {
        name: "the-ingress-speaks-tls-where-it-is-spoken",
        check: |manifests| {
            let mut complaints = Vec::new();
            for route in manifests.kind("IngressRoute") {
                let rules = list(route, "/spec/routes").iter();
                for service in rules.flat_map(|rule| ends(manifests, rule)) {
                    let callee = text(service, "/name");
                    let tls = shows_a_certificate(manifests, callee);
                    let transport = text(service, "/serversTransport");
                    let transport = manifests.find("ServersTransport", transport);
                    let known =
                        transport.is_some_and(|transport| knows(manifests, transport, callee));
                    if tls != (service["scheme"] == "https") || tls && !known {
                        complaints.push(format!("{}: {callee}", title(route)));
                    }
                }
            }
            complaints
        },
        overlay: "production",
        defect: |manifests| {
            manifests.find_mut("ServersTransport", "website")["spec"]["serverName"] =
                json!("register-client");
        },
    },
];

fn shows_a_certificate(manifests: &Manifests, part: &str) -> bool {
    let deployment = manifests.find("Deployment", part).and_then(Workload::of);
    deployment.is_some_and(|workload| workload.env("TLS_CERT").is_some())
}

/// Whether the ingress believes this part's certificate, by a name that stands in it.
fn knows(manifests: &Manifests, transport: &Value, part: &str) -> bool {
    let by_name = manifests
        .find("Certificate", part)
        .is_some_and(|certificate| {
            list(certificate, "/spec/dnsNames").contains(at(transport, "/spec/serverName"))
        });
    let believed = list(transport, "/spec/rootCAs").iter().any(|authority| {
        let mut certificates = manifests.kind("Certificate");
        certificates.any(|one| {
            text(one, "/spec/secretName") == text(authority, "/secret")
                && text(one, "/spec/issuerRef/name") == "inside"
        })
    });
    by_name && believed
}
