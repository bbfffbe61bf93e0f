//! The suite as it is behind an ingress: it knows the address that people see, which is not its own.

use std::net::SocketAddr;
use std::path::PathBuf;

use kaiin::{Data, Line, Plan, Ports, Ready, RealLine, Suite};
use service_kit::{Clock, Profile};
use simulator::{Config, Simulator};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Backends;

/// The suite, until this is dropped.
pub(crate) struct Behind {
    pub(crate) ready: Ready,
    /// Where the simulated LINE is.
    pub(crate) line: String,
    /// Where its parts keep what they own, and their keys.
    pub(crate) data: PathBuf,
    _stop: tokio_util::sync::DropGuard,
}

impl Behind {
    /// Starts it for people who come to `public_url`.
    #[expect(
        clippy::default_trait_access,
        reason = "the type is the webhook's, and known there"
    )]
    pub(crate) async fn start(public_url: &str) -> Self {
        let simulator = Simulator::build(Config::ephemeral()).await.unwrap();
        let line: Url = simulator.url().parse().unwrap();
        let plan = Plan {
            data: Data::Ephemeral,
            ports: Ports::random(),
            line: Line::Real(Box::new(RealLine {
                credentials: simulator.credentials().into(),
                api_base: line.clone(),
                access_base: line.clone(),
                public_url: public_url.parse().unwrap(),
                website_link: None,
                bot_language: Default::default(),
                brand: None,
                membership: None,
                profile: Profile::Dev,
            })),
            clock: Clock::system(),
            progress: |_| {},
        };
        let suite = Suite::start(plan).await.unwrap();
        let (ready, data) = (suite.ready().clone(), suite.data_folder().to_owned());
        let stop = CancellationToken::new();
        tokio::spawn(simulator.serve(stop.clone().cancelled_owned()));
        tokio::spawn(suite.run_until(stop.clone().cancelled_owned()));
        Self {
            ready,
            line: line.to_string(),
            data,
            _stop: stop.drop_guard(),
        }
    }

    /// Where its parts listen.
    pub(super) fn backends(&self) -> Backends {
        let addr = |url: &Url| vec![SocketAddr::from(([127, 0, 0, 1], url.port().unwrap()))];
        let ready = &self.ready;
        Backends::from([
            ("webhook", addr(&ready.webhook)),
            ("register-server", addr(&ready.register_server)),
            ("register-client", addr(&ready.register_client)),
            ("api-users", addr(&ready.api_users)),
        ])
    }
}
