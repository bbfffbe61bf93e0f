//! `kaiin push`: the commands of push-msg beside a running suite, as a newcomer types them.

use serde_json::{Value, json};
use service_kit::http_client::{self, Limits, send};

use crate::command::{Running, kaiin, stderr, text_of};

/// The demonstration's Alice.
const ALICE: &str = "Ua11ce000000000000000000000000001";

fn push(data: &str, arguments: &[&str]) -> (i32, String) {
    let mut whole = vec!["push", "--data", data];
    whole.extend(arguments);
    let output = kaiin(&whole).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output);
    (output.status.code().unwrap(), said)
}

async fn register(ready: &Value) {
    let http = http_client::client(Limits::default());
    let users = text_of(ready, "/api_users/url");
    let token = text_of(ready, "/api_users/token");
    let consent = json!({ "purpose": "news", "version": "1", "language": "en", "granted": true, "channel": "website" });
    let alice =
        json!({ "luid": ALICE, "display_name": "Alice", "language": "en", "consents": [consent] });
    let register = http.post(format!("{users}register")).json(&alice);
    let answer = send(register.bearer_auth(token)).await.unwrap();
    assert_eq!(answer.status(), 201);
    let tag = http.put(format!("{users}users/{ALICE}/tags/tester"));
    let answer = send(tag.bearer_auth(token)).await.unwrap();
    assert_eq!(answer.status(), 204);
}

#[tokio::test]
async fn a_campaign_is_planned_previewed_and_tried_out_beside_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&folder);
    let data = folder.path().join("data");
    let example = data.join("campaigns/hello.yaml.example");
    let hello = folder.path().join("hello.yaml");
    std::fs::copy(example, &hello).unwrap();
    let (data, hello) = (data.to_str().unwrap(), hello.to_str().unwrap());

    let (code, said) = push(data, &["validate", hello]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = push(data, &["plan", hello]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("nobody would get it"), "{said}");

    register(&running.ready).await;
    let (code, said) = push(data, &["plan", hello, "--zone", "Europe/Berlin"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("audience       1 of 1 members"), "{said}");
    let (code, said) = push(data, &["preview", hello]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("Hello Alice, it is"), "{said}");
    let (code, said) = push(data, &["send-test", hello]);
    assert_eq!(code, 0, "{said}");
    assert!(said.ends_with("  accepted\n"), "{said}");
    // What is typed goes before what the suite says.
    let (code, said) = push(data, &["plan", hello, "--users-api", "http://127.0.0.1:1"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the members' API did not answer"), "{said}");
}

#[test]
fn without_a_suite_there_is_nothing_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let (code, said) = push(folder.path().to_str().unwrap(), &["plan", "hello"]);
    assert_eq!(code, 1);
    assert!(said.contains("no suite was ever started"), "{said}");
    let (code, said) = push(folder.path().to_str().unwrap(), &["help"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("send-test"), "{said}");
}
