//! The forms of the website: registering, changing a membership, ending it.

mod consent;
mod download;
mod fields;
mod leave;
mod register;
mod sender;
mod update;
mod view;
mod wishes;
mod withdraw;

pub(crate) use download::download;
pub(crate) use fields::Fields;
pub(crate) use leave::{finish_leaving, leave, resume_leaving};
pub(crate) use register::register;
pub(crate) use update::update;
pub(crate) use view::view;
pub(crate) use withdraw::withdraw;
