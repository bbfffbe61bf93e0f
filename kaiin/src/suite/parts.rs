//! The parts, bound and then served: addresses are known before anything serves.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use service_kit::{Clock, Profile, Readiness, Server};
use simulator::Simulator;
use url::Url;

use super::config::Settings;
use super::{Group, Line, Plan};
use crate::data::DataFolder;
use crate::gateway::{self, Upstreams};
use crate::identity::{Identity, OperatorRole};
use crate::line::{self, Credentials, RealLine};
use crate::{Ready, demo, push_settings};

/// How long the operator's token of the ready file lasts.
const A_DAY: Duration = Duration::from_hours(24);

/// Every part, bound.
pub(super) struct Parts {
    gateway: Server,
    simulator: Option<Simulator>,
    api_users: api_users::App,
    webhook: webhook::App,
    register_server: register_server::App,
    register_client: register_client::App,
    push_msg: push_msg::App,
    identity: Identity,
    line: RealLine,
}

impl Parts {
    /// Builds and binds the parts, each after the ones whose address it needs.
    pub(super) async fn build(plan: Plan, data: &DataFolder) -> anyhow::Result<Self> {
        let Plan {
            ports,
            clock,
            progress,
            ..
        } = plan;
        let gateway = Server::bind(
            "website",
            ports.addr(ports.website_port),
            ports.internal_addr(ports.website_port),
        )
        .await?;
        let campaigns = data.folder("campaigns")?;
        let (line, simulator) = match plan.line {
            Line::Real(line) => (*line, None),
            Line::Simulated { port, brand } => {
                progress("Starting the simulated LINE");
                demo::add_campaigns(&campaigns)?;
                let membership = data.file("membership.yaml");
                demo::add_membership(&membership)?;
                let simulator = start_simulator(ports.addr(port), data, clock.clone()).await?;
                let website = origin(gateway.public_addr());
                let line = simulated_line(&simulator, website, brand, membership)?;
                (line, Some(simulator))
            }
        };
        let identity = Identity::open(data, clock.clone())?;
        let opt_out_consents = line.optional_consents()?;
        let settings = Settings {
            ports: &ports,
            data,
            identity: &identity,
            line: &line,
            clock: &clock,
            campaigns: &campaigns,
            opt_out_consents: &opt_out_consents,
        };

        progress("Starting api-users");
        let api_users = api_users::App::build(settings.api_users()).await?;
        let users_api = origin(api_users.public_addr());
        progress("Starting webhook");
        let webhook = webhook::App::build(settings.webhook(&users_api)).await?;
        progress("Starting register-server");
        let register_server =
            register_server::App::build(settings.register_server(&users_api)).await?;
        progress("Starting register-client");
        let behind = origin(register_server.public_addr());
        let register_client =
            register_client::App::build(settings.register_client(&behind)).await?;
        progress("Starting push-msg");
        let config = settings.push_msg(&users_api);
        push_settings::remember(data, &config)?;
        let push_msg = push_msg::App::build(config).await?;
        Ok(Self {
            gateway,
            simulator,
            api_users,
            webhook,
            register_server,
            register_client,
            push_msg,
            identity,
            line,
        })
    }

    /// Where everything will be; tells the simulator, too.
    pub(super) fn ready(&self) -> anyhow::Result<Ready> {
        let website = self.line.public_url.clone();
        let webhook = origin(self.webhook.public_addr()).join("callback")?;
        let simulator = match &self.simulator {
            Some(simulator) => {
                let line = simulator.line();
                line.set_webhook(webhook.as_str());
                line.register_callback(website.join("auth/callback")?.as_str());
                Some(Url::parse(&simulator.url())?)
            }
            None => None,
        };
        Ok(Ready {
            webhook,
            website,
            register_server: origin(self.register_server.public_addr()),
            register_client: origin(self.register_client.public_addr()),
            api_users: origin(self.api_users.public_addr()),
            operator_token: self
                .identity
                .operator_token("kaiin", OperatorRole::Admin, A_DAY)?,
            simulator,
            internal: vec![
                ("website", origin(self.gateway.internal_addr())),
                ("webhook", origin(self.webhook.internal_addr())),
                (
                    "register_server",
                    origin(self.register_server.internal_addr()),
                ),
                (
                    "register_client",
                    origin(self.register_client.internal_addr()),
                ),
                ("api_users", origin(self.api_users.internal_addr())),
                ("push_msg", origin(self.push_msg.internal_addr())),
            ],
            line: self.line.credentials.clone(),
        })
    }

    /// Serves them all: what people and LINE reach, and what that calls.
    pub(super) fn serve(self) -> (Group, Group) {
        let (mut front, mut back) = (Group::default(), Group::default());
        let upstreams = Upstreams {
            webhook: self.webhook.public_addr(),
            register_server: self.register_server.public_addr(),
            register_client: self.register_client.public_addr(),
            api_users: self.api_users.public_addr(),
        };
        front.spawn("website", |stop| async move {
            self.gateway
                .serve(gateway::router(upstreams), Readiness::always(), stop)
                .await;
            Ok(())
        });
        front.spawn("webhook", |stop| self.webhook.serve(stop));
        front.spawn("register-server", |stop| self.register_server.serve(stop));
        front.spawn("register-client", |stop| self.register_client.serve(stop));
        front.spawn("push-msg", |stop| self.push_msg.serve(stop));
        back.spawn("api-users", |stop| self.api_users.serve(stop));
        if let Some(simulator) = self.simulator {
            back.spawn("simulator", |stop| simulator.serve(stop));
        }
        back.spawn("identity", |stop| async move {
            self.identity.rotate(stop).await;
            Ok(())
        });
        (front, back)
    }
}

async fn start_simulator(
    addr: SocketAddr,
    data: &DataFolder,
    clock: Clock,
) -> anyhow::Result<Simulator> {
    let config = simulator::Config {
        listen_addr: addr,
        clock,
        ..line::simulated(data)?
    };
    let simulator = Simulator::build(config).await?;
    line::remember(data, simulator.credentials())?;
    Ok(simulator)
}

/// The simulated platform, as the services see it: a LINE like any other.
fn simulated_line(
    simulator: &Simulator,
    website: Url,
    brand: Option<PathBuf>,
    membership: PathBuf,
) -> anyhow::Result<RealLine> {
    let base = Url::parse(&simulator.url())?;
    Ok(RealLine {
        credentials: Credentials::from(simulator.credentials()),
        api_base: base.clone(),
        access_base: base,
        public_url: website,
        website_link: None,
        brand,
        membership: Some(membership),
        bot_language: webhook::bot::Language::default(),
        profile: Profile::Dev,
    })
}

fn origin(addr: SocketAddr) -> Url {
    Url::parse(&format!("http://{addr}/")).expect("an address makes a URL")
}
