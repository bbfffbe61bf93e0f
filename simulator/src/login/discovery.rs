//! The discovery document and the JWKS. As LINE's own, they speak of ES256 only, though web logins get HS256.

use axum::extract::State;
use problem::Json;
use serde_json::{Value, json};

use super::ISSUER;
use crate::app::App;

pub(super) async fn document(State(app): State<App>) -> Json<Value> {
    let url = &app.url;
    Json(json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{url}/oauth2/v2.1/authorize"),
        "token_endpoint": format!("{url}/oauth2/v2.1/token"),
        "revocation_endpoint": format!("{url}/oauth2/v2.1/revoke"),
        "userinfo_endpoint": format!("{url}/oauth2/v2.1/userinfo"),
        "scopes_supported": ["openid", "profile", "email"],
        "jwks_uri": format!("{url}/oauth2/v2.1/certs"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

pub(super) async fn certs(State(app): State<App>) -> Json<Value> {
    Json(app.keys.jwks())
}
