//! The language in which operators say which members they mean: `docs/segments.md`. Nothing here asks a database.

mod expression;
mod moment;
mod parse;
mod sql;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;

pub(crate) use self::sql::{Conditions, Dialect, Shape, Value};

use self::expression::Expression;

/// Members that an expression names.
#[derive(Clone, PartialEq)]
pub(crate) struct Segment(Expression);

/// Why a text names no members. Never quotes it: it may hold what somebody's attributes say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} at character {at}")]
pub(crate) struct SegmentError {
    expected: &'static str,
    /// Counted from 1.
    at: usize,
}

impl Segment {
    pub(crate) fn parse(raw: &str) -> Result<Self, SegmentError> {
        parse::expression(raw).map(Self)
    }
}

/// The one way to write it: two texts that mean the same by their grammar are written alike.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Segment(…)")
    }
}
