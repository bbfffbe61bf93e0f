use serde::{Deserialize, Serialize};

/// What just happened, told on the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flash {
    /// The changes are kept.
    Saved,
    /// They are signed out.
    SignedOut,
    /// They are signed out, in every browser.
    SignedOutEverywhere,
    /// They must sign in first: the session ended.
    SignInFirst,
    /// They were a member before.
    AlreadyMember,
    /// A service did not answer; nothing changed, they may try again.
    TryAgain,
    /// The form was drawn for an earlier sign-in, perhaps somebody else's; nothing changed.
    OtherVisitor,
    /// What the browser sent is not a form of ours, or too large; nothing changed.
    NotTaken,
    /// What they asked for needs a sign-in that is not long ago.
    SignInAgain,
    /// LINE has ended the access that their sign-in gave, and cannot be told that they leave; they may sign in once more, or
    /// leave all the same.
    SignInToLeave,
}

impl Flash {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Saved,
        Self::SignedOut,
        Self::SignedOutEverywhere,
        Self::SignInFirst,
        Self::AlreadyMember,
        Self::TryAgain,
        Self::OtherVisitor,
        Self::NotTaken,
        Self::SignInAgain,
        Self::SignInToLeave,
    ];

    /// Its name in cookies, in addresses and among the texts.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::SignedOut => "signed_out",
            Self::SignedOutEverywhere => "signed_out_everywhere",
            Self::SignInFirst => "sign_in_first",
            Self::AlreadyMember => "already_member",
            Self::TryAgain => "try_again",
            Self::OtherVisitor => "other_visitor",
            Self::NotTaken => "not_taken",
            Self::SignInAgain => "sign_in_again",
            Self::SignInToLeave => "sign_in_to_leave",
        }
    }

    /// The flash whose name is `slug`.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flash| flash.slug() == slug)
    }
}
