//! The members' API.

use api_users::{App, Config};
use clap::Parser as _;
use service_kit::{shutdown, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
