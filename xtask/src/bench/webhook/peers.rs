//! What other people would use: LINE's own SDKs in their usual frameworks, installed into `target/bench/peers`.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::process::Core;
use crate::shell::{root, step};

/// A server in another language.
#[derive(Debug)]
pub(in crate::bench) struct Peer {
    /// Takes events, and stores nothing.
    pub(super) accept_name: &'static str,
    /// Looks up and replies before it answers.
    pub(super) whole_name: &'static str,
    /// How long it takes until it runs at its best.
    pub(super) warm_up: Duration,
    folder: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
}

/// The SDK for Node.js.
pub(super) const NODE: Peer = Peer {
    accept_name: "@line/bot-sdk + Express",
    whole_name: "@line/bot-sdk + Express, look-up and reply",
    warm_up: Duration::from_secs(8),
    folder: "node",
    program: "node",
    arguments: &["server.mjs"],
};

/// The SDK for Python.
pub(super) const PYTHON: Peer = Peer {
    accept_name: "line-bot-sdk + FastAPI",
    whole_name: "line-bot-sdk + FastAPI, look-up and reply",
    warm_up: Duration::from_secs(3),
    folder: "python",
    program: "venv/bin/python",
    arguments: &["server.py"],
};

pub(super) const ALL: [&Peer; 2] = [&NODE, &PYTHON];

impl Peer {
    fn folder(&self) -> PathBuf {
        root().join("target/bench/peers").join(self.folder)
    }

    /// Listens on `addr`, calls `stub`.
    pub(super) fn command(&self, addr: SocketAddr, stub: SocketAddr, whole: bool) -> Command {
        let program = if self.program.contains('/') {
            self.folder().join(self.program)
        } else {
            self.program.into()
        };
        let mut command = Core::Server.command(&program);
        command
            .args(self.arguments)
            .current_dir(self.folder())
            .env("PORT", addr.port().to_string())
            .env("CHANNEL_SECRET", "0123456789abcdef0123456789abcdef")
            .env("CHANNEL_ACCESS_TOKEN", "bench-access-token")
            .env("STUB", format!("http://{stub}"))
            .env("NODE_ENV", "production");
        if whole {
            command.env("REPLY", "1");
        }
        command
    }
}

/// Puts each peer's files where it is to run, and has its own package manager install the rest.
pub(super) fn install() -> anyhow::Result<()> {
    for peer in ALL {
        fs::create_dir_all(peer.folder())?;
        for file in fs::read_dir(root().join("bench/peers").join(peer.folder))? {
            let file = file?;
            fs::copy(file.path(), peer.folder().join(file.file_name()))?;
        }
    }
    step(
        "installing @line/bot-sdk and Express",
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--silent"])
            .current_dir(NODE.folder()),
    )?;
    if !PYTHON.folder().join("venv/bin/python").exists() {
        step(
            "making a Python environment",
            Command::new("python3")
                .args(["-m", "venv", "venv"])
                .current_dir(PYTHON.folder()),
        )?;
    }
    step(
        "installing line-bot-sdk and FastAPI",
        Command::new(PYTHON.folder().join("venv/bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--requirement", "requirements.txt"])
            .current_dir(PYTHON.folder()),
    )
}
