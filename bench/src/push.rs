//! A large audience, and the calls that reach it.

pub(crate) mod bare;
pub(crate) mod partners;

/// The LINE user ID of a member.
fn luid(number: u64) -> String {
    format!("U{number:032x}")
}
