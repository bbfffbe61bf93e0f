use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Profile;
use service_kit::database::{POSTGRES_GUARANTEES, POSTGRES_SESSION};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::query_scalar;

use super::super::OpenError;
use super::Postgres;

/// How long a caller queues for a connection, or waits for a new one.
const ACQUIRE_TIME: Duration = Duration::from_millis(800);

/// Groups, claims and look-ups at once; more would only wait for each other.
const CONNECTIONS: u32 = 8;

/// Every statement here finds its rows by an index. A planner whose statistics are of a calmer time must not think
/// otherwise: the table is nearly empty at one moment and holds a month of events at another.
const BY_INDEX: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

impl Postgres {
    pub(in super::super) async fn open(
        url: &SecretString,
        profile: Profile,
    ) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(url.expose_secret())?
            .application_name("webhook")
            .options(POSTGRES_SESSION)
            .options(BY_INDEX);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIME)
            .connect_with(options)
            .await?;
        check_guarantees(&pool, profile).await?;
        sqlx::migrate!("migrations/postgres").run(&pool).await?;
        Ok(Self { pool })
    }
}

async fn check_guarantees(pool: &PgPool, profile: Profile) -> Result<(), OpenError> {
    for name in POSTGRES_GUARANTEES {
        let setting: String = query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(pool)
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
