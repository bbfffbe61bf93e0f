//! What each member gets of an occurrence, and when they may be disturbed. Pure: it asks nobody, not even the clock.

mod edition;
mod exclusion;
mod moment;

pub use edition::{Composed, Edition, Variant};
pub use exclusion::Exclusion;
pub use moment::Moment;
