//! Members into batches: those who get the same at the same time go together. Pure.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::mem;
use std::sync::Arc;

use line_api::UserId;
use line_api::messaging::{MAX_RECIPIENTS, Messages, Multicast, Push};
use service_kit::Timestamp;
use users_client::AudienceMember;
use uuid::Uuid;

use crate::cap::SATED;
use crate::clocks::{Clocks, Moments};
use crate::compose::{Composed, Edition, Moment, Variant};
use crate::store::{Excluded, Kind, NewBatch};

/// Sorts the members of one occurrence.
pub(crate) struct Sorter<'a> {
    edition: &'a Edition,
    now: Timestamp,
    /// By language, and by when quiet hours let it leave.
    trays: BTreeMap<(Arc<str>, Timestamp), Tray>,
    moments: Moments,
    next: i64,
    sorted: Sorted,
}

/// What came of it, at its end.
#[derive(Default)]
pub(crate) struct Sorted {
    /// Those that did not fill up.
    pub(crate) batches: Vec<NewBatch>,
    pub(crate) recipients: i64,
    pub(crate) excluded: i64,
    /// When the last of those may leave who are asleep now.
    pub(crate) latest: Option<Timestamp>,
}

/// A batch that fills up.
struct Tray {
    number: i64,
    messages: Arc<Messages>,
    members: Vec<Uuid>,
    users: Vec<UserId>,
    clocks: Clocks,
}

impl<'a> Sorter<'a> {
    pub(crate) fn new(edition: &'a Edition, now: Timestamp) -> Self {
        Self {
            edition,
            now,
            trays: BTreeMap::new(),
            moments: Moments::default(),
            next: 0,
            sorted: Sorted::default(),
        }
    }

    /// Takes a member; one who is `sated` has had enough messages. Answers the batch that they filled up.
    pub(crate) fn take(
        &mut self,
        mut member: AudienceMember,
        sated: bool,
    ) -> Result<Option<NewBatch>, Excluded> {
        let luid = mem::take(&mut member.luid);
        match self.place(&member, luid, sated) {
            Ok(batch) => {
                self.sorted.recipients += 1;
                Ok(batch)
            }
            Err(reason) => {
                self.sorted.excluded += 1;
                Err(Excluded {
                    member: member.member_id,
                    reason,
                })
            }
        }
    }

    fn place(
        &mut self,
        member: &AudienceMember,
        luid: String,
        sated: bool,
    ) -> Result<Option<NewBatch>, String> {
        // LINE refuses a whole multicast for one ID that is none.
        let user = UserId::parse(luid).map_err(|_| "not a LINE user ID")?;
        if sated {
            return Err(SATED.to_owned());
        }
        let composed = self
            .edition
            .compose(member)
            .map_err(|why| why.to_string())?;
        let not_before = match self.moments.of(member, self.edition, self.now) {
            Moment::Now => Timestamp::default(),
            Moment::Later(at) => {
                self.sorted.latest = self.sorted.latest.max(Some(at));
                at
            }
            Moment::Never(reason) => return Err(reason.to_owned()),
        };
        let Composed {
            variant, messages, ..
        } = composed;
        Ok(match variant {
            Variant::Personal => {
                let mut tray = Tray::new(self.number(), messages);
                tray.push(member, user);
                Some(tray.personal(not_before))
            }
            Variant::Shared(tag) => self.share((tag, not_before), messages, member, user),
        })
    }

    fn share(
        &mut self,
        key: (Arc<str>, Timestamp),
        messages: Arc<Messages>,
        member: &AudienceMember,
        user: UserId,
    ) -> Option<NewBatch> {
        let not_before = key.1;
        let mut tray = match self.trays.entry(key) {
            Entry::Occupied(tray) => tray,
            Entry::Vacant(place) => {
                self.next += 1;
                place.insert_entry(Tray::new(self.next - 1, messages))
            }
        };
        tray.get_mut().push(member, user);
        let is_full = tray.get().members.len() == MAX_RECIPIENTS;
        is_full.then(|| tray.remove().shared(not_before))
    }

    /// Ends with what is not full.
    pub(crate) fn end(mut self) -> Sorted {
        let trays = mem::take(&mut self.trays);
        self.sorted.batches = trays
            .into_iter()
            .map(|((_, not_before), tray)| tray.shared(not_before))
            .collect();
        self.sorted
    }

    fn number(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }
}

impl Tray {
    fn new(number: i64, messages: Arc<Messages>) -> Self {
        Self {
            number,
            messages,
            members: Vec::new(),
            users: Vec::new(),
            clocks: Clocks::default(),
        }
    }

    fn push(&mut self, member: &AudienceMember, user: UserId) {
        self.members.push(member.member_id);
        self.users.push(user);
        self.clocks.push(member);
    }

    fn shared(mut self, not_before: Timestamp) -> NewBatch {
        let users = mem::take(&mut self.users);
        let multicast = Multicast::new(users, Messages::clone(&self.messages))
            .expect("a tray holds between 1 and the most recipients");
        self.batch(Kind::Multicast, not_before, multicast.to_bytes().to_vec())
    }

    fn personal(mut self, not_before: Timestamp) -> NewBatch {
        let user = self
            .users
            .pop()
            .expect("a personal message is for somebody");
        let push = Push::new(user, Messages::clone(&self.messages));
        self.batch(Kind::Push, not_before, push.to_bytes().to_vec())
    }

    fn batch(self, kind: Kind, not_before: Timestamp, body: Vec<u8>) -> NewBatch {
        NewBatch {
            number: self.number,
            kind,
            members: self.members,
            clocks: self.clocks.to_json(),
            not_before,
            body,
        }
    }
}
