//! The webhook as a program: started, killed, started again where it was.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use testkit::port;
use testkit::process::{Process, Program};
use testkit::tier::Tier;

use super::outside::Outside;

/// The channel secret.
pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// One replica of the webhook.
pub(super) struct Replica {
    pub(super) public: SocketAddr,
    pub(super) internal: SocketAddr,
    pub(super) process: Option<Process>,
    program: Program,
    name: usize,
    lives: usize,
    /// How those of its lives ended that nobody ended.
    pub(super) exits: Vec<ExitStatus>,
    /// When each of its lives was ended.
    pub(super) deaths: HashMap<String, Instant>,
    _token: NamedTempFile,
}

impl Replica {
    /// A replica that does not run yet.
    pub(super) fn new(name: usize, database: &str, outside: &Outside) -> Self {
        let token = NamedTempFile::new().unwrap();
        std::fs::write(token.path(), "a-service-token").unwrap();
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (public, internal) = (local(port::free()), local(port::free()));
        let program = without_secrets(database, outside)
            .env("LISTEN_ADDR", public.to_string())
            .env("INTERNAL_ADDR", internal.to_string())
            .env("LINE_CHANNEL_SECRET", SECRET)
            .env("SERVICE_TOKEN_FILE", token.path());
        Self {
            public,
            internal,
            process: None,
            program,
            name,
            lives: 0,
            exits: Vec::new(),
            deaths: HashMap::new(),
            _token: token,
        }
    }

    /// Changes what it is started with.
    #[must_use]
    pub(super) fn with(mut self, change: impl FnOnce(Program) -> Program) -> Self {
        self.program = change(self.program);
        self
    }

    /// Begins another life, whose name is its access token.
    pub(super) fn start(&mut self) {
        self.start_under::<&str>(&[]);
    }

    /// Begins another life under another program.
    pub(super) fn start_under<S: AsRef<std::ffi::OsStr>>(&mut self, wrapper: &[S]) {
        assert!(self.process.is_none(), "it runs already");
        self.lives += 1;
        let program = self
            .program
            .clone()
            .env("LINE_CHANNEL_ACCESS_TOKEN", self.life())
            .under(wrapper);
        self.process = Some(program.start().unwrap());
    }

    /// Waits until it is ready.
    pub(super) async fn ready(&mut self) {
        let internal = self.internal;
        self.running().ready(internal).await.unwrap();
    }

    /// [`Self::start`], and waits until it is ready.
    pub(super) async fn start_ready(&mut self) {
        self.start();
        self.ready().await;
    }

    /// Starts it again, if it has ended, and waits until it is ready. Says whether it had.
    pub(super) async fn revive(&mut self) -> bool {
        let internal = self.internal;
        let mut ended = false;
        loop {
            if !self.lives() {
                ended = true;
                self.start();
            }
            match self.running().ready(internal).await {
                Ok(()) => return ended,
                Err(error) => assert!(!self.lives(), "{error:#}"),
            }
        }
    }

    /// Whether it runs. What ended by itself has died by now.
    pub(super) fn lives(&mut self) -> bool {
        let Some(process) = &mut self.process else {
            return false;
        };
        let Some(exit) = process.ended().unwrap() else {
            return true;
        };
        self.exits.push(exit);
        self.kill();
        false
    }

    pub(super) fn running(&mut self) -> &mut Process {
        self.process.as_mut().expect("it runs")
    }

    /// Ends its life, in whatever it does.
    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill_9();
            self.deaths.insert(self.life(), Instant::now());
        }
    }

    /// All that it wrote in all its lives.
    pub(super) fn said(&self) -> String {
        self.program.said()
    }

    /// What its present life is known by.
    pub(super) fn life(&self) -> String {
        format!("replica-{}-life-{}", self.name, self.lives)
    }
}

/// The program with all the settings but the secrets and the addresses.
pub(super) fn without_secrets(database: &str, outside: &Outside) -> Program {
    webhook()
        .env("DATABASE_URL", database)
        .env("WEBSITE_LINK", "https://join.example/here")
        .env("LINE_API_BASE", outside.url())
        .env("USERS_API", outside.url())
        .env("PROFILE", "dev")
        .env("RUST_LOG", "error")
}

/// The program as people run it where there is time for much, else as it was built for tests.
fn webhook() -> Program {
    if Tier::from_env() != Tier::Quick {
        let us = std::env::current_exe().unwrap();
        let release = us
            .ancestors()
            .nth(3)
            .map(|target| target.join("release/webhook"));
        if let Some(release) = release.filter(|path: &std::path::PathBuf| path.is_file()) {
            return Program::at(Path::new(&release));
        }
    }
    Program::named("webhook")
}

/// Waits for something that is sure to come.
pub(super) async fn until<Check>(bound: Duration, what: &str, mut check: impl FnMut() -> Check)
where
    Check: Future<Output = bool>,
{
    let begin = Instant::now();
    while !check().await {
        assert!(begin.elapsed() < bound, "{what} within {bound:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
