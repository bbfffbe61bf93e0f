//! What Traefik does with each route.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Rule;
use crate::manifests::object::{at, list, name, text, title};
use crate::manifests::render::Manifests;

/// What must never stand between LINE and the webhook: LINE comes from addresses that nobody knows, and signs its bytes.
const NOT_FOR_LINE: [&str; 8] = [
    "ipAllowList",
    "ipWhiteList",
    "rateLimit",
    "basicAuth",
    "forwardAuth",
    "compress",
    "circuitBreaker",
    "contentType",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "traefik-3",
        check: |manifests| {
            let old = manifests.objects.iter().filter(|object| {
                let group = text(object, "/apiVersion");
                group.contains("containo")
                    || group.contains("traefik") && group != "traefik.io/v1alpha1"
            });
            old.map(title).collect()
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("Middleware", "clean")["apiVersion"] =
                json!("traefik.containo.us/v1alpha1");
        },
    },
    Rule {
        name: "routes-lead-somewhere",
        check: |manifests| {
            let mut complaints = Vec::new();
            for (route, rule) in routes(manifests) {
                let mut lost = |kind, wanted: &str| {
                    if manifests.find(kind, wanted).is_none() {
                        complaints.push(format!("{}: no {kind} {wanted}", title(route)));
                    }
                };
                for middleware in list(rule, "/middlewares") {
                    lost("Middleware", text(middleware, "/name"));
                }
                let options = text(route, "/spec/tls/options/name");
                if !options.is_empty() {
                    lost("TLSOption", options);
                }
                for service in ends(manifests, rule) {
                    lost("Service", text(service, "/name"));
                    if service["port"] != "http" {
                        lost("port", &service["port"].to_string());
                    }
                    if let Some(transport) = service["serversTransport"].as_str() {
                        lost("ServersTransport", transport);
                    }
                }
            }
            complaints
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("TraefikService", "webhook")["spec"]["failover"]["fallback"]["port"] =
                json!("internal");
        },
    },
    Rule {
        name: "middlewares-are-used",
        check: |manifests| {
            let used: BTreeSet<_> = routes(manifests)
                .flat_map(|(_, rule)| list(rule, "/middlewares"))
                .map(|middleware| text(middleware, "/name"))
                .collect();
            let idle = manifests.kind("Middleware").filter(|middleware| {
                // Where there is no TLS, nobody is sent to it.
                !used.contains(name(middleware))
                    && (name(middleware) != "to-https" || has_tls(manifests))
            });
            idle.map(title).collect()
        },
        overlay: "demo",
        defect: |manifests| first(manifests, "webhook")["middlewares"] = json!([]),
    },
    Rule {
        name: "nothing-stands-before-line",
        check: |manifests| {
            of(manifests, "webhook")
                .flat_map(|rule| middlewares(manifests, rule))
                .filter(|middleware| {
                    NOT_FOR_LINE
                        .iter()
                        .any(|kind| middleware["spec"].get(kind).is_some())
                })
                .map(title)
                .collect()
        },
        overlay: "production",
        defect: |manifests| {
            first(manifests, "webhook")["middlewares"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "name": "login-rate" }));
        },
    },
    Rule {
        name: "only-events-are-posted-twice",
        check: |manifests| {
            let twice = |rule: &Value| {
                middlewares(manifests, rule).any(|middleware| {
                    middleware["spec"]["retry"]["retryNonIdempotentMethod"] == true
                })
            };
            let wrong = routes(manifests)
                .filter(|(_, rule)| twice(rule) != (text(rule, "/services/0/name") == "webhook"));
            wrong
                .filter(|(route, _)| name(route) != "redirect")
                .map(|(route, _)| title(route))
                .collect()
        },
        overlay: "demo",
        defect: |manifests| {
            first(manifests, "login")["middlewares"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "name": "webhook-retry" }));
        },
    },
    Rule {
        name: "two-attempts-fit-lines-patience",
        check: |manifests| {
            let Some(transport) = manifests.find("ServersTransport", "webhook") else {
                return vec!["no transport".into()];
            };
            let timeouts = at(transport, "/spec/forwardingTimeouts");
            let dial = millis(text(timeouts, "/dialTimeout"));
            let head = millis(text(timeouts, "/responseHeaderTimeout"));
            // One node is gone, and the other answers as slowly as a webhook ever does: 900 ms.
            let right = dial > 0 && head > 900 && dial + 900 < 2_000 && head + 900 < 2_000;
            let idle = millis(text(timeouts, "/idleConnTimeout"));
            if right && idle > 0 && idle < 5_000 {
                Vec::new()
            } else {
                vec![timeouts.to_string()]
            }
        },
        overlay: "demo",
        defect: |manifests| {
            manifests.find_mut("ServersTransport", "webhook")["spec"]["forwardingTimeouts"]["dialTimeout"] =
                json!("30s");
        },
    },
    Rule {
        name: "sign-ins-are-limited",
        check: |manifests| {
            let rated = |rule: &Value| {
                middlewares(manifests, rule)
                    .any(|middleware| middleware["spec"].get("rateLimit").is_some())
            };
            let wrong = of(manifests, "register-server")
                .filter(|rule| text(rule, "/match").contains("/auth/login") != rated(rule));
            wrong.map(|rule| text(rule, "/match").to_owned()).collect()
        },
        overlay: "demo",
        defect: |manifests| first(manifests, "login")["middlewares"] = json!([{ "name": "clean" }]),
    },
    Rule {
        name: "the-api-has-its-prefix-taken-off",
        check: |manifests| {
            let stripped = |rule: &Value| {
                middlewares(manifests, rule).any(|middleware| {
                    middleware["spec"]["stripPrefix"]["prefixes"] == json!(["/api"])
                })
            };
            let wrong = of(manifests, "api-users")
                .filter(|rule| !stripped(rule) || !text(rule, "/match").contains("`/api/`"));
            wrong.map(|rule| text(rule, "/match").to_owned()).collect()
        },
        overlay: "demo",
        defect: |manifests| first(manifests, "api")["middlewares"] = json!([{ "name": "clean" }]),
    },
    Rule {
        name: "nobody-is-believed-for-a-header",
        check: |manifests| {
            let clean = |rule: &Value| {
                middlewares(manifests, rule).any(|middleware| name(middleware) == "clean")
            };
            let wrong = routes(manifests).filter(|(route, rule)| {
                !clean(rule) && !["redirect", "simulator"].contains(&name(route))
            });
            wrong.map(|(route, _)| title(route)).collect()
        },
        overlay: "production",
        defect: |manifests| first(manifests, "website")["middlewares"] = json!([]),
    },
    Rule {
        name: "pages-are-not-compressed",
        check: |manifests| {
            let wrong = routes(manifests).filter(|(_, rule)| {
                let compressed = middlewares(manifests, rule)
                    .any(|middleware| middleware["spec"].get("compress").is_some());
                compressed && !text(rule, "/match").contains("/assets/")
            });
            wrong.map(|(route, _)| title(route)).collect()
        },
        overlay: "production",
        defect: |manifests| {
            first(manifests, "login")["middlewares"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "name": "compress" }));
        },
    },
    Rule {
        name: "one-host-and-tls-in-production",
        check: |manifests| {
            let host = if manifests.overlay == "production" {
                "Host(`member.example.com`)"
            } else {
                "Host(`localhost`)"
            };
            let wrong = routes(manifests).filter(|(route, rule)| {
                let plain = ["redirect", "simulator"].contains(&name(route));
                let elsewhere =
                    name(route) != "simulator" && !text(rule, "/match").starts_with(host);
                let open = manifests.overlay == "production"
                    && !plain
                    && (text(route, "/spec/tls/secretName") != "website-tls"
                        || route["spec"]["entryPoints"] != json!(["websecure"]));
                elsewhere || open
            });
            wrong.map(|(route, _)| title(route)).collect()
        },
        overlay: "production",
        defect: |manifests| {
            manifests.find_mut("IngressRoute", "webhook")["spec"]["tls"] = json!({});
        },
    },
];

/// Every rule of every route.
fn routes(manifests: &Manifests) -> impl Iterator<Item = (&Value, &Value)> {
    manifests.kind("IngressRoute").flat_map(|route| {
        list(route, "/spec/routes")
            .iter()
            .map(move |rule| (route, rule))
    })
}

/// The rules that lead to this service.
fn of<'a>(manifests: &'a Manifests, service: &'a str) -> impl Iterator<Item = &'a Value> {
    routes(manifests)
        .map(|(_, rule)| rule)
        .filter(move |rule| text(rule, "/services/0/name") == service)
}

/// The services of the cluster that a rule leads to in the end.
pub(super) fn ends<'a>(manifests: &'a Manifests, rule: &'a Value) -> Vec<&'a Value> {
    let end = |service: &'a Value| {
        let name = text(service, "/name");
        // What Traefik has inside it is in no manifest.
        if service["kind"] != "TraefikService" || name.contains('@') {
            return vec![service];
        }
        let failover = manifests.find("TraefikService", name);
        let failover = failover.map_or(service, |found| at(found, "/spec/failover"));
        vec![at(failover, "/service"), at(failover, "/fallback")]
    };
    list(rule, "/services")
        .iter()
        .flat_map(end)
        .filter(|service| !text(service, "/name").contains('@'))
        .collect()
}

fn middlewares<'a>(manifests: &'a Manifests, rule: &'a Value) -> impl Iterator<Item = &'a Value> {
    list(rule, "/middlewares")
        .iter()
        .filter_map(|middleware| manifests.find("Middleware", text(middleware, "/name")))
}

fn has_tls(manifests: &Manifests) -> bool {
    manifests.find("IngressRoute", "redirect").is_some()
}

/// The first rule of a route, to be broken.
fn first<'a>(manifests: &'a mut Manifests, route: &str) -> &'a mut Value {
    &mut manifests.find_mut("IngressRoute", route)["spec"]["routes"][0]
}

fn millis(duration: &str) -> u64 {
    let (number, factor) = match duration.strip_suffix("ms") {
        Some(number) => (number, 1),
        None => (duration.trim_end_matches('s'), 1_000),
    };
    number.parse::<u64>().map_or(0, |number| number * factor)
}
