//! Campaigns: what is sent, to whom, when. Parsed here and nowhere else, for an API to come as well as for files.

mod document;
mod folder;
mod schedule;
mod terms;
mod text;
mod zone;

pub use document::{Audience, Campaign, CampaignError};
pub use folder::{Folder, Refused, read_file};
pub use schedule::Schedule;
pub use terms::{FrequencyCap, OverQuota};
pub use text::{Template, TemplateError};
pub use zone::Zone;
