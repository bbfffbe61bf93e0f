use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Profile;
use service_kit::database::{DatabaseFileError, POSTGRES_GUARANTEES, POSTGRES_SESSION};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::PostgresStore;
use super::registration::registrations;

/// Of one replica. A server's usual limit is 100 for all.
const CONNECTIONS: u32 = 10;
/// Who waits longer for a connection is told to come back.
const ACQUIRE_LIMIT: Duration = Duration::from_millis(900);
/// At the start a server that comes up at the same time is given this long.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

impl PostgresStore {
    /// Opens the database and brings its tables up to date. Replicas that start at once take turns at that.
    pub(crate) async fn open(url: &SecretString, profile: Profile) -> anyhow::Result<Self> {
        let unhurried = PgConnectOptions::from_str(url.expose_secret())
            .map_err(|_| DatabaseFileError::Url)?
            .application_name("api-users");
        let first = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_LIMIT)
            .connect_with(unhurried.clone())
            .await?;
        check_guarantees(&first, profile).await?;
        // Not in a session with limits: they would end the wait for another replica's migration.
        // A replica of the last release may start beside one of the next, whose migrations it does not know.
        sqlx::migrate!("migrations/postgres")
            .set_ignore_missing(true)
            .run(&first)
            .await?;
        first.close().await;
        // Compiling a statement takes longer than running it over a million members.
        let session = unhurried.clone().options(POSTGRES_SESSION);
        let session = session.options([("jit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_LIMIT)
            .test_before_acquire(true)
            .connect_lazy_with(session);
        Ok(Self {
            registrations: registrations(&pool),
            pool,
            unhurried: Arc::new(unhurried),
        })
    }
}

async fn check_guarantees(server: &PgPool, profile: Profile) -> anyhow::Result<()> {
    for setting in POSTGRES_GUARANTEES {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(server)
            .await?;
        match profile {
            _ if value != "off" => {}
            Profile::Production => bail!(
                "PostgreSQL has {setting} switched off: what it says is stored may be gone after a power cut; \
                 switch {setting} on, or set PROFILE=dev where nothing is to be kept"
            ),
            Profile::Dev => {
                tracing::warn!("PostgreSQL has {setting} off: a power cut may take members back");
            }
        }
    }
    Ok(())
}
