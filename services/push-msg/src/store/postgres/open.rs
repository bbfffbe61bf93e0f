use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Profile;
use service_kit::database::{DatabaseFileError, POSTGRES_GUARANTEES, POSTGRES_SESSION};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::Ledger;
use crate::store::open::{APPLIED, OpenError, check_version};

/// Of one pusher: for the waves under way, and to keep its claim alive. Each costs the server a process.
const CONNECTIONS: u32 = 3;
/// At the start the server may be coming up, and a pod's way to it may open late.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// Whoever waits longer for a connection fails, and the next run goes on.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(10);
/// Recipients are written and counted a thousand at a time, in milliseconds.
const STATEMENT_TIME: (&str, &str) = ("statement_timeout", "30000");
/// Batches are read in the order of an index, a few at a time. Right after freezing the server knows nothing of them yet: it would
/// gather and sort all that are left, every time.
const IN_ORDER: (&str, &str) = ("enable_bitmapscan", "off");

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

impl Ledger {
    /// Opens the database and brings its tables up to date. Pushers that start at once take turns at that.
    pub(crate) async fn open(url: &SecretString, profile: Profile) -> Result<Self, OpenError> {
        let options = options(url)?;
        let first = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(CONNECT_LIMIT)
            .connect_with(options.clone())
            .await?;
        check_guarantees(&first, profile).await?;
        // Not in a session with limits: they would end the wait for another pusher's migration.
        let mut migrations = sqlx::migrate!("migrations/postgres");
        // A pusher of the last release may start beside one of the next, whose migrations it does not know.
        migrations.set_ignore_missing(true);
        migrations.run(&first).await?;
        first.close().await;
        Ok(Self {
            pool: pool(&options),
        })
    }

    /// Looks in beside whoever sends. Changes no table.
    pub(crate) async fn open_beside(url: &SecretString) -> Result<Self, OpenError> {
        let pool = pool(&options(url)?);
        let mut connection = pool.acquire().await?;
        let applied: Result<Vec<i64>, _> = sqlx::query_scalar(APPLIED)
            .fetch_all(&mut *connection)
            .await;
        drop(connection);
        check_version(&MIGRATIONS, &applied.map_err(OpenError::NotALedger)?)?;
        Ok(Self { pool })
    }
}

fn options(url: &SecretString) -> Result<PgConnectOptions, DatabaseFileError> {
    PgConnectOptions::from_str(url.expose_secret())
        .map(|options| options.application_name("push-msg"))
        .map_err(|_| DatabaseFileError::Url)
}

fn pool(options: &PgConnectOptions) -> PgPool {
    let session = options.clone().options(POSTGRES_SESSION).options([
        STATEMENT_TIME,
        IN_ORDER,
        ("jit", "off"),
    ]);
    PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_LIMIT)
        .connect_lazy_with(session)
}

async fn check_guarantees(server: &PgPool, profile: Profile) -> Result<(), OpenError> {
    for setting in POSTGRES_GUARANTEES {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(setting)
            .fetch_one(server)
            .await?;
        match profile {
            _ if value != "off" => {}
            Profile::Production => return Err(OpenError::Forgetful(setting)),
            Profile::Dev => {
                tracing::warn!("PostgreSQL has {setting} off: a power cut may take sends back");
            }
        }
    }
    Ok(())
}
