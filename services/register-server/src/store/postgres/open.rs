use std::io;
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Profile;
use service_kit::database::{DatabaseFileError, POSTGRES_GUARANTEES, POSTGRES_SESSION};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::Postgres;
use crate::store::open::{ACQUIRE_LIMIT, OpenError};
use crate::store::residue::Residue;

/// Connections of one replica. A statement here takes a millisecond.
const CONNECTIONS: u32 = 10;
/// A server that does not let us in by now is away.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A connection that is silent for so long is given up.
const PING_LIMIT: Duration = Duration::from_millis(300);

impl Postgres {
    /// Opens the database that `database_url` names, and brings its tables up to date.
    pub(in crate::store) async fn open(
        database_url: &SecretString,
        profile: Profile,
    ) -> Result<Self, OpenError> {
        let options = PgConnectOptions::from_str(database_url.expose_secret())
            .map_err(|_| DatabaseFileError::Url)?
            .application_name("register-server");
        // Migrations wait for those of another replica as long as they take: no limits of a session's.
        let mut connection = tokio::time::timeout(CONNECT_LIMIT, options.connect())
            .await
            .map_err(|_| sqlx::Error::Io(io::ErrorKind::TimedOut.into()))??;
        check_guarantees(&mut connection, profile).await?;
        // A replica of the last release may start beside one of the next, whose migrations it does not know.
        sqlx::migrate!("migrations/postgres")
            .set_ignore_missing(true)
            // `run`, but in a future that any thread may drive.
            .run_direct(None, &mut connection, false)
            .await?;
        connection.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_LIMIT)
            // After an outage the pool finds out by itself which connections are dead. Its own test waits as long as
            // a server is silent; ours leaves time for a new connection, and gives up the place of one that was in
            // use when the server fell silent.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(is_alive(connection)))
            .after_release(|connection, _| Box::pin(is_alive(connection)))
            .connect_lazy_with(options.options(POSTGRES_SESSION));
        Ok(Self {
            pool,
            residue: Residue::of_the_last_process(),
        })
    }
}

/// Whether the server still answers on this connection. One that is busy with what was given up is not waited for.
async fn is_alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    match tokio::time::timeout(PING_LIMIT, connection.ping()).await {
        Ok(answer) => answer.map(|()| true),
        Err(_) => Err(sqlx::Error::Io(io::ErrorKind::TimedOut.into())),
    }
}

/// What the server runs without is asked of the server: it may be set for it, for the database or for the user.
async fn check_guarantees(
    connection: &mut PgConnection,
    profile: Profile,
) -> Result<(), OpenError> {
    for name in POSTGRES_GUARANTEES {
        let value: String = sqlx::query_scalar("select current_setting($1)")
            .bind(name)
            .fetch_one(&mut *connection)
            .await?;
        if value != "off" {
            continue;
        }
        let error = OpenError::ServerGuarantee(name);
        if profile == Profile::Production {
            return Err(error);
        }
        tracing::warn!("{error}");
    }
    Ok(())
}
