//! What operators see of a campaign before it is sent: `plan`, `preview` and `send-test`. The ledger is not touched.

mod desk;
mod page;
mod plan;
mod plan_text;
mod preview;
mod trial;

pub(crate) use desk::{Desk, LookConfig};
pub(crate) use page::page;
pub(crate) use plan::{Plan, plan};
pub(crate) use preview::{Preview, preview};
pub(crate) use trial::trial;
