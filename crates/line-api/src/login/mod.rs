//! LINE Login v2.1 (LL): a website proves who its visitor is.
//!
//! The order of a login: [`State`], [`Nonce`] and [`CodeVerifier`] are made and stored, the visitor is sent to
//! [`Login::authorize_url`], comes back with a code, [`Login::exchange`] turns it into [`Tokens`], and
//! [`WebVerifier`] says whose they are.

mod authorize;
mod client;
mod error;
mod id_token;
mod jwks;
mod one_time;
mod relay;

pub use authorize::{AuthorizeRequest, BotPrompt, LoginChannel, Scope};
pub use client::{ChannelToken, Login, Tokens, UserInfo};
pub use error::{InvalidIdToken, LoginError, Outage};
pub use id_token::{ISSUER, Identity, LiffVerifier, WebVerifier};
pub use jwks::Jwks;
pub use one_time::{CodeVerifier, Nonce, State};
