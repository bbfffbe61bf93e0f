//! Campaigns: what is sent, to whom, when. Parsed here and nowhere else, for an API to come as well as for files.

mod audience;
mod content;
mod document;
mod error;
mod folder;
mod locate;
mod parsed;
mod quiet;
mod schedule;
mod span;
mod terms;
mod text;
mod variable;
mod variant;
mod zone;

pub use audience::Audience;
pub(crate) use content::{Unfilled, fill, sample};
pub use error::{CampaignError, Place, Wrong};
pub use folder::{Folder, Refused, read_file};
pub use parsed::Campaign;
pub use quiet::{Quiet, Span, Then};
pub use schedule::Schedule;
pub use terms::{FrequencyCap, OverQuota};
pub use text::{Facts, Inside, Template, TemplateError};
pub use variable::{Kind, Variable};
pub(crate) use variant::{LanguageVariant, choose};
pub use zone::Zone;

/// The JSON schema of campaign documents (draft 2020-12), for editors and for whoever writes documents by machine.
pub const SCHEMA: &str = include_str!("../../campaign.schema.json");
