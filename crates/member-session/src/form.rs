use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The registration form, posted to `/member` as `application/x-www-form-urlencoded`.
#[derive(Debug, Clone, Copy)]
pub struct RegisterForm;

impl RegisterForm {
    /// Where it is posted.
    pub const ACTION: &'static str = "/member";
    /// The name to go by.
    pub const DISPLAY_NAME: &'static str = "display_name";
    /// The language tag, chosen.
    pub const LANGUAGE: &'static str = "language";
}

/// The form on "my membership", posted to `/member/update`. Its fields are those of [`RegisterForm`] and some more; a
/// consent or topic that was shown ticked and comes back unticked is withdrawn. What is absent stays as it is.
#[derive(Debug, Clone, Copy)]
pub struct UpdateForm;

impl UpdateForm {
    /// Where it is posted.
    pub const ACTION: &'static str = "/member/update";
    /// Where the form is posted that takes one consent back, whatever its version.
    pub const WITHDRAW_ACTION: &'static str = "/member/withdraw";
    /// On that form: which consent.
    pub const PURPOSE: &'static str = "purpose";
    /// Where the form is posted that asks for all that is held; it has no fields, and is answered with a file.
    pub const DOWNLOAD_ACTION: &'static str = "/member/download";
    /// Their IANA time zone, chosen; empty if they would rather not say.
    pub const TIME_ZONE: &'static str = "time_zone";
    /// Not to be disturbed from this time on, `HH:MM`; empty like its fellow if they may be at any time.
    pub const QUIET_FROM: &'static str = "quiet_from";
    /// Until this time.
    pub const QUIET_UNTIL: &'static str = "quiet_until";
    /// Where the form that ends the membership is posted.
    pub const LEAVE_ACTION: &'static str = "/member/leave";
    /// On that form, to leave without signing in once more: `true`. The page that tells
    /// [`Flash::SignInToLeave`](crate::Flash::SignInToLeave) has it.
    pub const ALL_THE_SAME: &'static str = "all_the_same";
    /// Where signing out is posted.
    pub const LOGOUT_ACTION: &'static str = "/auth/logout";
    /// On the form that signs out, to do so in every browser: `true`. Such a form carries [`Self::FORM_TOKEN`]; without
    /// the right one it signs out this browser alone.
    pub const EVERYWHERE: &'static str = "everywhere";
    /// On every form: the language of the page it was posted from, so that the answer is a page in that language.
    pub const PAGE_LANGUAGE: &'static str = "page_language";
    /// On every form that changes a membership: [`Session::form_token`](crate::Session::form_token), so that nobody
    /// sends a form that was drawn for somebody else.
    pub const FORM_TOKEN: &'static str = "form_token";
}

/// Which form a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormKind {
    /// [`RegisterForm`].
    Register,
    /// [`UpdateForm`].
    Update,
}

impl FormKind {
    /// Its name in addresses and in the store.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Update => "update",
        }
    }

    /// The form whose name is `slug`.
    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Register, Self::Update]
            .into_iter()
            .find(|kind| kind.slug() == slug)
    }
}

/// The name of the checkbox for one purpose of consent; ticked, its value is the version of the text: `consent.news=1`.
pub fn consent_field(purpose: &str) -> String {
    format!("consent.{purpose}")
}

/// The name of the checkbox for one topic: `topic.weekly`. Ticked, its value does not matter.
pub fn topic_field(name: &str) -> String {
    format!("topic.{name}")
}

/// The name of the hidden field that tells which text was shown beside the box for `purpose`: its value is
/// [`ConsentOffer::text_digest`](crate::ConsentOffer::text_digest).
pub fn text_field(purpose: &str) -> String {
    format!("text.{purpose}")
}

/// The name of the hidden field that tells that the box for `purpose` was ticked when the page was drawn; its value
/// is the version of the text: `shown.news=1`. Only what was shown ticked can be withdrawn by unticking it. So it is with
/// topics: `shown.topic.weekly`.
pub fn shown_field(purpose: &str) -> String {
    format!("shown.{purpose}")
}

/// A form that was refused: what was typed, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Form {
    /// Field names and what was typed.
    pub values: BTreeMap<String, String>,
    /// What is wrong, in the order of the fields.
    pub errors: Vec<FieldError>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form")
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// What is wrong; the page says it in the visitor's language.
    pub problem: FieldProblem,
}

/// What can be wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldProblem {
    /// It must be filled in, or ticked.
    Missing,
    /// It is longer than 50 characters.
    TooLong,
    /// It holds characters that a name cannot have, or a value nobody offered.
    Invalid,
    /// Its text has a newer version than the one that was read.
    Outdated,
}
