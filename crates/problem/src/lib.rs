#![doc = include_str!("../README.md")]

mod document;
mod extract;

pub use document::{FieldError, Problem};
pub use extract::{Json, Path, Query};

/// The media type of a problem document (RFC 9457 §3).
pub const CONTENT_TYPE: &str = "application/problem+json";
