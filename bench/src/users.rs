//! Members by their number: alike in the SQL that stores them and in the requests that ask for them.

pub(crate) mod ask;
pub(crate) mod callers;
pub(crate) mod fill;
mod questions;
mod rows;
pub(crate) mod stream;

pub(crate) use questions::Questions;

/// The factor that scatters numbers over 32 bits, each onto one of its own.
const SCATTER: u64 = 2_654_435_761;

/// The LINE user ID of a person: as LINE's are, it says nothing of when they came.
fn luid(number: u64) -> String {
    let scattered = number.wrapping_mul(SCATTER) & 0xffff_ffff;
    format!("U{scattered:08x}{number:024x}")
}
