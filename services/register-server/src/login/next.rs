use member_session::Page;

/// Where a member goes after signing in. A request names one of these; nothing it says becomes an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Next {
    #[default]
    Membership,
    Leave,
}

impl Next {
    /// The one called `slug`; whatever else it is, the membership.
    pub(crate) fn from_slug(slug: &str) -> Self {
        match slug {
            "leave" => Self::Leave,
            _ => Self::Membership,
        }
    }

    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Leave => "leave",
        }
    }

    pub(crate) const fn page(self) -> Page {
        match self {
            Self::Membership => Page::Membership,
            Self::Leave => Page::Leave,
        }
    }
}
