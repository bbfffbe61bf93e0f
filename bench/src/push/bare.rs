//! The same calls with nothing around them: what cannot be had for less.

use std::io::Read as _;

use anyhow::Context as _;
use line_api::UserId;
use line_api::messaging::{MAX_RECIPIENTS, Messages, Messaging, Multicast, RetryKey};
use service_kit::http_client::{self, Limits};

use super::luid;
use crate::say;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where LINE is.
    #[arg(long)]
    line: String,

    /// How many members are sent to.
    #[arg(long)]
    members: u64,
}

/// Says `begin` and `end`, and waits to be looked at until its input ends.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let http = http_client::client(Limits::default());
    let base = options.line.parse().context("--line is no URL")?;
    let line = Messaging::new(http, base, "bench-access-token".to_owned().into());
    say("begin");
    let mut next = 0;
    while next < options.members {
        let until = options.members.min(next + MAX_RECIPIENTS as u64);
        let to: Result<Vec<_>, _> = (next..until)
            .map(|number| UserId::parse(luid(number)))
            .collect();
        let messages = Messages::text("The shop opens at ten today.")?;
        let body = Multicast::new(to?, messages)?.to_bytes();
        line.multicast_bytes(body, RetryKey::random()).await?;
        next = until;
    }
    say("end");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
