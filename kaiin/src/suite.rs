//! All parts in one process, each on a port of its own, talking real HTTP.

mod config;
mod parts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use service_kit::Clock;
use service_kit::http_client::{self, Limits, send};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use url::Url;

use self::parts::Parts;
use crate::data::DataFolder;
use crate::{Ports, Ready, RealLine, line};

/// What to start.
pub struct Plan {
    /// Where to keep what must last.
    pub data: Data,
    /// Where to listen.
    pub ports: Ports,
    /// Which LINE platform to talk to.
    pub line: Line,
    /// The time, for every part.
    pub clock: Clock,
    /// Who is told how the start goes on, a line at a time.
    pub progress: fn(&str),
}

/// Where to keep what must last.
#[derive(Debug, Clone)]
pub enum Data {
    /// In this folder.
    Folder(PathBuf),
    /// Nowhere: it is gone when the suite is.
    Ephemeral,
}

/// Which LINE platform to talk to.
#[derive(Debug)]
pub enum Line {
    /// A simulated one, part of the suite.
    Simulated {
        /// Where it listens, unless all ports are random.
        port: u16,
        /// The website's brand file; Kaiin's own looks, if absent.
        brand: Option<PathBuf>,
    },
    /// One outside: LINE's own.
    Real(Box<RealLine>),
}

/// The suite, serving.
pub struct Suite {
    ready: Ready,
    data: DataFolder,
    /// What people and LINE reach; stops first.
    front: Group,
    /// What the front calls; stops when the front has.
    back: Group,
}

/// Parts that stop together.
#[derive(Default)]
struct Group {
    stop: CancellationToken,
    switches: BTreeMap<&'static str, CancellationToken>,
    parts: JoinSet<(&'static str, anyhow::Result<()>)>,
}

impl Group {
    /// Serves a part until it is told to stop.
    fn spawn<Serve, Served>(&mut self, name: &'static str, serve: Serve)
    where
        Serve: FnOnce(WaitForCancellationFutureOwned) -> Served,
        Served: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let switch = self.stop.child_token();
        self.switches.insert(name, switch.clone());
        let served = serve(switch.cancelled_owned());
        self.parts.spawn(async move { (name, served.await) });
    }

    /// Stops the parts that still serve, and says what went wrong first.
    async fn end(mut self, outcome: &mut anyhow::Result<()>) {
        self.stop.cancel();
        while let Some(ended) = self.parts.join_next().await {
            let result = ended
                .map_err(anyhow::Error::from)
                .and_then(|(name, result)| result.context(name));
            if outcome.is_ok() {
                *outcome = result;
            }
        }
    }

    /// Resolves when a part ends that nobody stopped.
    async fn broken(&mut self) -> anyhow::Error {
        while let Some(ended) = self.parts.join_next().await {
            match ended {
                Ok((name, Ok(()))) if self.switches[name].is_cancelled() => {}
                Ok((name, Ok(()))) => return anyhow::anyhow!("{name} ended by itself"),
                Ok((name, Err(error))) => return error.context(name),
                Err(error) => return error.into(),
            }
        }
        std::future::pending().await
    }
}

impl Suite {
    /// Starts every part, and returns when all of them are ready.
    pub async fn start(plan: Plan) -> anyhow::Result<Self> {
        let simulator = match &plan.line {
            Line::Simulated { port, .. } => Some(*port),
            Line::Real(_) => None,
        };
        plan.ports.check(simulator)?;
        let data = match &plan.data {
            Data::Folder(path) => DataFolder::open(path)?,
            Data::Ephemeral => DataFolder::ephemeral()?,
        };
        line::check_kind(&data, simulator.is_some())?;
        let parts = Box::pin(Parts::build(plan, &data)).await?;
        let ready = parts.ready()?;
        let (front, back) = parts.serve();
        let suite = Self {
            ready,
            data,
            front,
            back,
        };
        for (part, internal) in &suite.ready.internal {
            wait_until_ready(internal)
                .await
                .with_context(|| format!("{part} does not become ready"))?;
        }
        if let Some(simulator) = &suite.ready.simulator {
            crate::demo::add_people(simulator).await?;
        }
        Ok(suite)
    }

    /// Where everything is.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The folder that holds databases, keys and secrets.
    pub fn data_folder(&self) -> &Path {
        self.data.path()
    }

    /// A switch that stops this part alone, to see how the others do without it. Parts are named as their folders are.
    pub fn switch(&self, part: &str) -> Option<CancellationToken> {
        let switches = [&self.front.switches, &self.back.switches];
        switches
            .into_iter()
            .find_map(|switches| switches.get(part))
            .cloned()
    }

    /// Serves until `shutdown`, or until a part fails; then stops the others, the front before the back.
    pub async fn run_until<Stop>(mut self, shutdown: Stop) -> anyhow::Result<()>
    where
        Stop: Future<Output = ()>,
    {
        let mut outcome = tokio::select! {
            () = shutdown => Ok(()),
            error = self.front.broken() => Err(error),
            error = self.back.broken() => Err(error),
        };
        self.front.end(&mut outcome).await;
        self.back.end(&mut outcome).await;
        outcome
    }
}

async fn wait_until_ready(internal: &Url) -> anyhow::Result<()> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let client = http_client::client(Limits::default());
    let ready = internal.join("readyz")?;
    let asking = async {
        while !send(client.get(ready.clone()))
            .await
            .is_ok_and(|answer| answer.status().is_success())
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, asking).await.is_err() {
        bail!("no good answer from {ready} in {} s", PATIENCE.as_secs());
    }
    Ok(())
}
