use users_client::AudienceMember;

use super::document::AudienceRow;

/// So many members are looked at for one page of an audience, whoever of them is in it: a page costs the same however few
/// are reached, and no more of them are in memory at once.
pub(super) const WINDOW: i64 = 1000;

/// Those of the members who are reached.
pub(crate) struct AudiencePage {
    pub(crate) members: Vec<AudienceMember>,
    /// Where the next page begins; nothing on the last.
    pub(crate) until: Option<Vec<u8>>,
}

impl AudiencePage {
    pub(super) fn new(rows: Vec<AudienceRow>, until: Option<Vec<u8>>) -> Result<Self, sqlx::Error> {
        let members = rows.into_iter().map(AudienceRow::document);
        Ok(Self {
            members: members.collect::<Result<_, _>>()?,
            until,
        })
    }
}
