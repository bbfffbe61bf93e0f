#![doc = include_str!("../README.md")]

mod issuer;
mod keys;
mod signing;
mod source;
mod verifier;

pub use issuer::{Issuer, Issuers, IssuersError, OperatorRule, SubjectRule};
pub use keys::KeysError;
pub use signing::{Claims, SigningKey, SigningKeyError};
pub use source::{TokenSource, TokenSourceError};
pub use verifier::{AuthError, Caller, Verifier};
