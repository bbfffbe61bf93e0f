use crate::{FormKind, Language};

/// A page of the website. register-server redirects to these; register-client serves them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// What membership is, and the way in.
    Home,
    /// The registration form, for someone signed in and not yet a member.
    Register,
    /// Right after registering.
    Welcome,
    /// My membership: what is held, and forms to change it.
    Membership,
    /// Asks before leaving, and says what happens.
    Leave,
    /// Right after leaving.
    Goodbye,
    /// A sign-in that did not work out.
    SignInFailed(SignInFailure),
}

/// Why a sign-in did not work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInFailure {
    /// The person said no on LINE's page.
    Cancelled,
    /// The attempt is unknown, used up or too old; LINE's failed auto-login looks the same. Its page offers one retry without auto-login.
    Expired,
    /// LINE, or what came back from it, would not do.
    Refused,
    /// Too many attempts came in too short a time. The page's status is 429.
    TooMany,
    /// LINE or a service of ours did not answer. The page's status is 503; of the others 400.
    Unavailable,
}

impl SignInFailure {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Cancelled,
        Self::Expired,
        Self::Refused,
        Self::TooMany,
        Self::Unavailable,
    ];

    /// Its name in paths.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::TooMany => "too-many",
            Self::Unavailable => "unavailable",
        }
    }

    /// The failure whose name is `slug`.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.slug() == slug)
    }
}

impl Page {
    /// The page at `path` if it is one that a visitor may wish to see after signing in. This is a list, not a pattern:
    /// what is not exactly one of its paths is none, and no address is ever made of it.
    pub fn sought(path: &str) -> Option<Self> {
        let is_at = |page: &Self| {
            let mut languages = Language::ALL.into_iter();
            languages.any(|language| page.path(language) == path)
        };
        [Self::Membership, Self::Leave].into_iter().find(is_at)
    }

    /// Where it is, on the website's origin.
    pub fn path(self, language: Language) -> String {
        let lang = language.tag();
        match self {
            Self::Home => format!("/{lang}/"),
            Self::Register => format!("/{lang}/register"),
            Self::Welcome => format!("/{lang}/welcome"),
            Self::Membership => format!("/{lang}/membership"),
            Self::Leave => format!("/{lang}/leave"),
            Self::Goodbye => format!("/{lang}/goodbye"),
            Self::SignInFailed(failure) => format!("/{lang}/sign-in-failed/{}", failure.slug()),
        }
    }
}

/// Where signing in starts; `without_auto_login` is for the one retry after a failed auto-login.
pub fn login_path(language: Language, without_auto_login: bool) -> String {
    let retry = if without_auto_login {
        "&without_auto_login=true"
    } else {
        ""
    };
    format!("/auth/login?lang={}{retry}", language.tag())
}

/// Where signing in starts for a member who wants to see `next`; one that [`Page::sought`] does not know is left out.
pub fn login_path_to(language: Language, next: Page) -> String {
    let path = next.path(language);
    let login = login_path(language, false);
    match Page::sought(&path) {
        Some(_) => format!("{login}&next={path}"),
        None => login,
    }
}

/// Where the website says that a part of it does not answer (`/sorry/503`), or that too much was asked of it (`/sorry/429`), in
/// the visitor's language: for what stands in front of it and has no pages of its own.
pub const SORRY_PATH: &str = "/sorry";

/// Where register-server tells who the visitor is. A refused form is told only to the page that shows it, `shown`.
pub fn session_path(shown: Option<FormKind>) -> String {
    match shown {
        Some(kind) => format!("/member/session?form={}", kind.slug()),
        None => "/member/session".to_owned(),
    }
}
