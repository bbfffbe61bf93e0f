//! The OpenID Foundation's plan for relying parties, `oidcc-client-basic-certification-test-plan`, as far as it applies
//! to LINE: each test is named after its module. The suite's provider is the simulator, which knows nothing of how we
//! read LINE; its answers are made wrong by its faults.
//!
//! The modules that need keys published by the provider (LINE uses those for LIFF apps only) are in
//! `crates/line-api/tests/it/conformance.rs`, for no service of ours takes such tokens yet. README.md says which modules
//! do not apply, and why.

mod basic;
mod beyond;

use serde_json::json;

use crate::harness::Journey;

/// Where somebody ends up whose sign-in LINE, or what came back from it, spoilt.
const REFUSED: &str = "/en/sign-in-failed/refused";
/// Where a newcomer ends up who is signed in.
const SIGNED_IN: &str = "/en/register";

/// The relying party must not take an ID token with this flaw: nobody is signed in, and nothing is asked with its
/// access token.
async fn rejects(flaw: &str) {
    let journey = Journey::start().await;
    journey.spoil("token", &json!({ "id_token": flaw })).await;
    assert_eq!(journey.sign_in().await, REFUSED, "{flaw}");
    assert!(journey.session().await.visitor.is_none(), "{flaw}");
    let asked: Vec<_> = journey.calls().await;
    let of = |operation: &str| {
        let named = asked.iter().filter(|call| call["operation"] == operation);
        named.count()
    };
    assert_eq!(of("token"), 1, "{flaw}");
    assert_eq!(of("userinfo") + of("friendship"), 0, "{flaw}");
    assert_eq!(journey.journal.entries(), [""; 0], "{flaw}");
    // The next sign-in is none the worse for it.
    assert_eq!(journey.sign_in().await, SIGNED_IN, "{flaw}");
}
