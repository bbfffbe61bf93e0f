use std::io;
use std::str::FromStr as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Profile;
use service_kit::database::{POSTGRES_GUARANTEES, POSTGRES_SESSION};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, query_scalar};

use super::super::OpenError;
use super::lane::Lane;
use super::{Lanes, Postgres};

/// How long a caller queues for a connection, or waits for a new one.
const ACQUIRE_TIME: Duration = Duration::from_millis(800);

/// A connection that is silent for so long is given up.
const PING_TIME: Duration = Duration::from_millis(300);

/// A server that does not let us in by then, at the start, is away.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// For what an operator or an orchestrator asks, and what is rare; the rest has connections of its own.
const CONNECTIONS: u32 = 4;

/// Every statement here finds its rows by an index. A planner whose statistics are of a calmer time must not think
/// otherwise: the table is nearly empty at one moment and holds a month of events at another.
const BY_INDEX: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// What is asked for most is planned once: for few rows that takes longer than to find them.
const PLANNED_ONCE: (&str, &str) = ("plan_cache_mode", "force_generic_plan");

/// How the inbox came to be as it is.
pub(in super::super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("migrations/postgres");
    // A replica of the last release may start beside one of the next, whose migrations it does not know.
    migrations.set_ignore_missing(true);
    migrations
});

impl Postgres {
    pub(in super::super) async fn open(
        url: &SecretString,
        profile: Profile,
    ) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url.expose_secret())?.application_name("webhook");
        // Migrations wait for those of another replica as long as they take: no limits of a session's.
        let mut connection = tokio::time::timeout(CONNECT_TIME, options.connect())
            .await
            .map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??;
        check_guarantees(&mut connection, profile).await?;
        MIGRATIONS.run_direct(None, &mut connection, false).await?;
        connection.close().await?;
        let options = options.options(POSTGRES_SESSION).options(BY_INDEX);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIME)
            // The pool's own test waits as long as a server is silent.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_alive(connection)))
            .after_release(|connection, _| Box::pin(is_alive(connection)))
            .connect_lazy_with(options.clone());
        let options = options.options([PLANNED_ONCE]);
        let lanes = Lanes {
            accepts: Lane::new(&options),
            claims: Lane::new(&options),
            begins: Lane::new(&options),
            ends: Lane::new(&options),
        };
        Ok(Self {
            pool,
            lanes: Arc::new(lanes),
        })
    }
}

/// Whether the server still answers on this connection. One that is busy with what was given up is not waited for.
async fn is_alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(PING_TIME, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}

async fn check_guarantees(
    connection: &mut PgConnection,
    profile: Profile,
) -> Result<(), OpenError> {
    for name in POSTGRES_GUARANTEES {
        let setting: String = query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
        if setting == "off" {
            match profile {
                Profile::Production => return Err(OpenError::Forgetful(name)),
                Profile::Dev => tracing::warn!(
                    "the PostgreSQL server has {name} switched off: fine for a test, not for people"
                ),
            }
        }
    }
    Ok(())
}
