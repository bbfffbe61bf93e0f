//! Webhooks: events made from golden ones, signed, posted within LINE's time limit and posted again.

mod deliver;
mod golden;
mod sign;

pub(crate) use deliver::{Outcome, Shape, Signing, deliver, deliver_event, send_raw, verify};
pub(crate) use golden::{Sketch, names};
