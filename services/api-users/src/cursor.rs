use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use service_kit::Timestamp;
use uuid::Uuid;

const TIME_BYTES: usize = 8;
const ID_BYTES: usize = 16;
const CHECK_BYTES: usize = 8;

/// Where a list of members goes on: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) created_at: Timestamp,
    pub(crate) member_id: Uuid,
}

impl Cursor {
    /// The text a caller hands back as it is. Its checksum tells a cursor from anything else.
    pub(crate) fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(TIME_BYTES + ID_BYTES + CHECK_BYTES);
        bytes.extend(self.created_at.as_millis().to_be_bytes());
        bytes.extend(self.member_id.as_bytes());
        let check = check(&bytes);
        bytes.extend(check);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, given) = bytes.split_at_checked(TIME_BYTES + ID_BYTES)?;
        if given != check(body) {
            return None;
        }
        let (time, id) = body.split_at(TIME_BYTES);
        Some(Self {
            created_at: Timestamp::from_millis(i64::from_be_bytes(time.try_into().ok()?)),
            member_id: Uuid::from_slice(id).ok()?,
        })
    }
}

fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let mut context = Context::new(&SHA256);
    context.update(b"members by age\n");
    context.update(body);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&context.finish().as_ref()[..CHECK_BYTES]);
    check
}
