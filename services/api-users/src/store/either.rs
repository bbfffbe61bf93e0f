use std::time::Duration;

use http::StatusCode;
use secrecy::SecretString;
use service_kit::{DatabaseKind, Profile, Timestamp};
use tokio::time::timeout;
use users_client::{
    AudiencePreview, AuditEntry, ChangePage, Consent, Member, MemberPage, Membership, PersonExport,
    Status,
};
use uuid::Uuid;

use super::audience::AudiencePage;
use super::postgres::PostgresStore;
use super::registration::{Newcomer, Registered};
use super::sqlite::SqliteStore;
use crate::activity::Seen;
use crate::audit::Entry;
use crate::domain::{Audience, Edit, FriendshipEvent, Listing, Luid, RecipientCheck};
use crate::error::ApiError;
use crate::etag::Precondition;
use crate::idempotency::Asked;
use crate::table::{CameTo, Names, Row};

/// A server that says nothing for this long is as good as away: callers hear so while they still listen.
const PERSON_LIMIT: Duration = Duration::from_millis(1500);
/// The same for what reads many members. A little more than the server gives a statement.
const PAGE_LIMIT: Duration = Duration::from_secs(6);

/// The members: in a file of this process, or on a server for any number of processes.
#[derive(Clone)]
pub(crate) enum Store {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl Store {
    /// Opens the database that `url` names and brings its tables up to date.
    pub(crate) async fn open(url: &SecretString, profile: Profile) -> anyhow::Result<Self> {
        Ok(match DatabaseKind::of(url) {
            DatabaseKind::Sqlite => Self::Sqlite(SqliteStore::open(url).await?),
            DatabaseKind::Postgres => Self::Postgres(PostgresStore::open(url, profile).await?),
        })
    }

    /// Makes a member of the newcomer, unless they are one or left after they signed in; or answers what was `asked`
    /// before as it was answered then.
    pub(crate) async fn register(
        &self,
        newcomer: Newcomer,
        asked: Option<Asked>,
    ) -> Result<Registered, ApiError> {
        match self {
            Self::Sqlite(store) => store.registrations.register(newcomer, asked).await,
            Self::Postgres(store) => store.registrations.register(newcomer, asked).await,
        }
    }

    /// The member, leaving or not.
    pub(crate) async fn find(&self, luid: &Luid) -> Result<Option<Member>, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.find(luid).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.find(luid)).await,
        }
    }

    /// A page of members.
    pub(crate) async fn list(
        &self,
        listing: &Listing,
        now: Timestamp,
    ) -> Result<MemberPage, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.list(listing, now).await?),
            Self::Postgres(store) => within(PAGE_LIMIT, store.list(listing, now)).await,
        }
    }

    /// Changes an active member, if the precondition holds.
    pub(crate) async fn edit(
        &self,
        luid: &Luid,
        edit: &Edit,
        precondition: &Precondition,
        now: Timestamp,
    ) -> Result<Member, ApiError> {
        match self {
            Self::Sqlite(store) => store.edit(luid, edit, precondition, now).await,
            Self::Postgres(store) => {
                within(PERSON_LIMIT, store.edit(luid, edit, precondition, now)).await
            }
        }
    }

    /// Marks the member as leaving, unless they registered at `registered_before` or later; who leaves already goes on
    /// leaving.
    pub(crate) async fn leave(
        &self,
        luid: &Luid,
        registered_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        match self {
            Self::Sqlite(store) => store.leave(luid, registered_before, now).await,
            Self::Postgres(store) => {
                within(PERSON_LIMIT, store.leave(luid, registered_before, now)).await
            }
        }
    }

    /// Whether this person is an active member, and their language.
    pub(crate) async fn membership(&self, luid: &Luid) -> Result<Membership, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.membership(luid).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.membership(luid)).await,
        }
    }

    /// The same of several people, in their order.
    pub(crate) async fn memberships(&self, luids: &[Luid]) -> Result<Vec<Membership>, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.memberships(luids).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.memberships(luids)).await,
        }
    }

    /// Every consent of the member, oldest first.
    pub(crate) async fn consent_history(
        &self,
        luid: &Luid,
    ) -> Result<Option<Vec<Consent>>, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.consent_history(luid).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.consent_history(luid)).await,
        }
    }

    /// All that is held about the person.
    pub(crate) async fn export(
        &self,
        luid: &Luid,
        now: Timestamp,
    ) -> Result<PersonExport, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.export(luid, now).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.export(luid, now)).await,
        }
    }

    /// Writes down who asks for what, and answers the entry's number.
    pub(crate) async fn audit(&self, entry: &Entry<'_>) -> Result<i64, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.audit(entry).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.audit(entry)).await,
        }
    }

    /// Writes down what came of it.
    pub(crate) async fn audited(&self, entry: i64, status: StatusCode) -> Result<(), ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.audited(entry, status).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.audited(entry, status)).await,
        }
    }

    /// Up to `limit` entries after the one of this number, about this person or anybody.
    pub(crate) async fn audit_list(
        &self,
        luid: Option<&Luid>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.audit_list(luid, after, limit).await?),
            Self::Postgres(store) => within(PAGE_LIMIT, store.audit_list(luid, after, limit)).await,
        }
    }

    /// Notes who did something lately.
    pub(crate) async fn note_activity(&self, seen: &[Seen]) -> Result<(), ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.note_activity(seen).await?),
            Self::Postgres(store) => within(PAGE_LIMIT, store.note_activity(seen)).await,
        }
    }

    /// Notes what the event said, unless something later is known.
    pub(crate) async fn set_friendship(
        &self,
        luid: &Luid,
        event: &FriendshipEvent,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.set_friendship(luid, event, now).await?),
            Self::Postgres(store) => {
                within(PERSON_LIMIT, store.set_friendship(luid, event, now)).await
            }
        }
    }

    /// How many of the members that are named the audience reaches.
    pub(crate) async fn preview(
        &self,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<AudiencePreview, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.preview(audience, now).await?),
            Self::Postgres(store) => within(PAGE_LIMIT, store.preview(audience, now)).await,
        }
    }

    /// Those who are reached of the members next after an ID, by ID.
    pub(crate) async fn audience(
        &self,
        audience: &Audience,
        with_profile: bool,
        after: Vec<u8>,
        now: Timestamp,
    ) -> Result<AudiencePage, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.audience(audience, with_profile, after, now).await?),
            Self::Postgres(store) => {
                let page = store.audience(audience, with_profile, after, now);
                within(PAGE_LIMIT, page).await
            }
        }
    }

    /// Those of the members who are in the audience.
    pub(crate) async fn check_audience(
        &self,
        check: &RecipientCheck,
        now: Timestamp,
    ) -> Result<Vec<Uuid>, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.check_audience(check, now).await?),
            Self::Postgres(store) => within(PAGE_LIMIT, store.check_audience(check, now)).await,
        }
    }

    /// Removes everything about the person. What stays is a digest and the time. With `only`, a person in another
    /// state, or none, is left alone: who left and came back stays a member. Says whether anything was erased.
    pub(crate) async fn erase(
        &self,
        luid: &Luid,
        only: Option<Status>,
        now: Timestamp,
    ) -> Result<bool, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.erase(luid, only, now).await?),
            Self::Postgres(store) => within(PERSON_LIMIT, store.erase(luid, only, now)).await,
        }
    }

    /// Up to `limit` changes with a number above `after`, in the order in which they were committed.
    pub(crate) async fn changes(&self, after: i64, limit: u32) -> Result<ChangePage, ApiError> {
        match self {
            Self::Sqlite(store) => store.changes(after, limit).await,
            Self::Postgres(store) => within(PAGE_LIMIT, store.changes(after, limit)).await,
        }
    }

    /// Does what the rows of an import say, or, on a dry run, only says what that would come to. Each is about another
    /// person; all of them are done or none.
    pub(crate) async fn import(
        &self,
        rows: Vec<Row>,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Vec<CameTo>, ApiError> {
        match self {
            Self::Sqlite(store) if dry_run => Ok(store.rehearse(rows, now).await?),
            Self::Sqlite(store) => Ok(store.import(rows, now).await?),
            Self::Postgres(store) if dry_run => within(PAGE_LIMIT, store.rehearse(rows, now)).await,
            Self::Postgres(store) => within(PAGE_LIMIT, store.import(rows, now)).await,
        }
    }

    /// What the attributes, purposes and topics are called that anybody has.
    pub(crate) async fn names(&self) -> Result<Names, ApiError> {
        match self {
            Self::Sqlite(store) => Ok(store.names().await?),
            Self::Postgres(store) => within(PAGE_LIMIT, store.names()).await,
        }
    }

    /// Does what is due: forgets old tombstones, and clears away what erasures left in the files.
    pub(crate) async fn tidy(&self, now: Timestamp) -> Result<(), ApiError> {
        match self {
            Self::Sqlite(store) => store.tidy(now).await?,
            Self::Postgres(store) => store.tidy(now).await?,
        }
        Ok(())
    }

    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> bool {
        match self {
            Self::Sqlite(store) => store.is_ready().await,
            Self::Postgres(store) => within(PERSON_LIMIT, store.check()).await.is_ok(),
        }
    }

    /// Lets go of the database.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// What the server answers in time.
async fn within<T, E>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, ApiError>
where
    ApiError: From<E>,
{
    match timeout(limit, work).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(ApiError::StoreSilent),
    }
}
