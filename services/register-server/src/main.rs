//! The `register-server` binary; all of it is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use register_server::{App, Config};
use service_kit::{shutdown, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::exit_code("register-server", &run().await)
}

async fn run() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
