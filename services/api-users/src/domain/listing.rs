use problem::FieldError;
use service_kit::Timestamp;
use users_client::Member;

use super::audience::take_segment;
use super::{Fields, Invalid};
use crate::cursor::Cursor;
use crate::segment::Segment;

/// A page of a list of members: which list, and which part of it.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) sort: Sort,
    pub(crate) segment: Option<Segment>,
    pub(crate) after: Option<Cursor>,
    pub(crate) limit: u32,
}

/// What a list is sorted by; the member's ID decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    CreatedAt,
    CreatedAtDescending,
    DisplayName,
    DisplayNameDescending,
}

/// By what a member has their place in a list.
pub(crate) enum Place {
    CreatedAt(Timestamp),
    DisplayName(String),
}

impl Sort {
    const ALL: [Self; 4] = [
        Self::CreatedAt,
        Self::CreatedAtDescending,
        Self::DisplayName,
        Self::DisplayNameDescending,
    ];

    fn parse(raw: &str) -> Result<Self, Invalid> {
        Self::ALL
            .into_iter()
            .find(|sort| sort.as_str() == raw)
            .ok_or(Invalid(
                "must be created_at, -created_at, display_name or -display_name",
            ))
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::CreatedAtDescending => "-created_at",
            Self::DisplayName => "display_name",
            Self::DisplayNameDescending => "-display_name",
        }
    }

    pub(crate) fn column(self) -> &'static str {
        self.as_str().trim_start_matches('-')
    }

    pub(crate) fn is_descending(self) -> bool {
        self.as_str().starts_with('-')
    }

    fn place(self, member: &Member) -> Place {
        match self {
            Self::CreatedAt | Self::CreatedAtDescending => Place::CreatedAt(member.created_at),
            Self::DisplayName | Self::DisplayNameDescending => {
                Place::DisplayName(member.display_name.clone())
            }
        }
    }
}

impl Listing {
    pub(crate) fn parse(
        limit: u32,
        sort: Option<&str>,
        segment: Option<&str>,
        cursor: Option<&str>,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::default();
        let sort = match sort {
            Some(raw) => fields.take("/sort", Sort::parse(raw)),
            None => Some(Sort::CreatedAt),
        };
        let limit = if (1..=1000).contains(&limit) {
            Some(limit)
        } else {
            fields.take("/limit", Err(Invalid("must be from 1 to 1000")))
        };
        let listing = Self {
            sort: sort.unwrap_or(Sort::CreatedAt),
            segment: take_segment(&mut fields, segment),
            after: None,
            limit: limit.unwrap_or_default(),
        };
        let mut listing = fields.finish(Some(listing))?;
        if let Some(cursor) = cursor {
            let mut fields = Fields::default();
            let after = Cursor::decode(cursor, &listing);
            let after = after.ok_or(Invalid("must be the next_cursor of a page of this list"));
            listing.after = fields.take("/cursor", after);
            return fields.finish(Some(listing));
        }
        Ok(listing)
    }

    /// Where the list goes on behind this member.
    pub(crate) fn cursor_behind(&self, member: &Member) -> String {
        let cursor = Cursor {
            place: self.sort.place(member),
            member_id: member.member_id,
        };
        cursor.encode(self)
    }
}
