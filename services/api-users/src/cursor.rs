use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use service_kit::Timestamp;
use uuid::Uuid;

use crate::domain::{Listing, Place, Sort};

const ID_BYTES: usize = 16;
const CHECK_BYTES: usize = 8;

/// Where a list of members goes on: behind this one.
pub(crate) struct Cursor {
    pub(crate) place: Place,
    pub(crate) member_id: Uuid,
}

impl Cursor {
    /// The text a caller hands back as it is. Its checksum tells a cursor of this list from anything else.
    pub(crate) fn encode(&self, listing: &Listing) -> String {
        let mut bytes = self.member_id.as_bytes().to_vec();
        match &self.place {
            Place::CreatedAt(moment) => bytes.extend(moment.as_millis().to_be_bytes()),
            Place::DisplayName(name) => bytes.extend(name.as_bytes()),
        }
        let check = check(&bytes, listing);
        bytes.extend(check);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(text: &str, listing: &Listing) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, given) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
        if given != check(body, listing) {
            return None;
        }
        let (id, place) = body.split_at_checked(ID_BYTES)?;
        Some(Self {
            place: match listing.sort {
                Sort::CreatedAt | Sort::CreatedAtDescending => {
                    let millis = i64::from_be_bytes(place.try_into().ok()?);
                    Place::CreatedAt(Timestamp::from_millis(millis))
                }
                Sort::DisplayName | Sort::DisplayNameDescending => {
                    Place::DisplayName(String::from_utf8(place.to_vec()).ok()?)
                }
            },
            member_id: Uuid::from_slice(id).ok()?,
        })
    }
}

/// It may hold a name.
impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(…)")
    }
}

fn check(body: &[u8], listing: &Listing) -> [u8; CHECK_BYTES] {
    let segment = listing.segment.as_ref().map(ToString::to_string);
    let mut context = Context::new(&SHA256);
    for part in [
        "members",
        listing.sort.as_str(),
        segment.as_deref().unwrap_or_default(),
    ] {
        context.update(part.as_bytes());
        context.update(b"\n");
    }
    context.update(body);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&context.finish().as_ref()[..CHECK_BYTES]);
    check
}
