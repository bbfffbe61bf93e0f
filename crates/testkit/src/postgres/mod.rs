//! PostgreSQL for tests: servers that may be killed, and SQL through `psql`.
//!
//! All of it blocks; none of it needs a runtime.

mod programs;
mod server;

use std::time::Duration;

use anyhow::{Context as _, ensure};

pub use server::{Durability, Server};

/// What a server says of a statement, through `psql`: rows in lines, columns apart by `|`.
pub fn query(url: &str, sql: &str) -> anyhow::Result<String> {
    let output = programs::as_ourselves("psql")?
        .args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"])
        .args([
            "--set",
            "ON_ERROR_STOP=1",
            "--dbname",
            url,
            "--command",
            sql,
        ])
        .env("PGCONNECT_TIMEOUT", "5")
        .output()
        .context("psql does not start")?;
    ensure!(
        output.status.success(),
        "psql: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned())
}

/// How long a server may take to start or to stop; it takes a fraction of a second.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at what a server does.
const PAUSE: Duration = Duration::from_millis(3);
