//! What the tests need beside Rust: found, or installed from the system's packages.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::shell::{say, step, succeeds};

/// Something that must be on the machine.
pub(crate) struct Tool {
    what: &'static str,
    found: fn() -> bool,
    debian_packages: &'static [&'static str],
}

/// A browser, and the driver that speaks WebDriver for it.
pub(crate) const BROWSER: Tool = Tool {
    what: "Chromium and its driver",
    found: || succeeds("chromium", &["--version"]) && succeeds("chromedriver", &["--version"]),
    debian_packages: &["chromium", "chromium-driver"],
};

/// A PostgreSQL server's programs; tests start servers of their own with them.
pub(crate) const POSTGRESQL: Tool = Tool {
    what: "a PostgreSQL server",
    found: || {
        succeeds("postgres", &["--version"])
            || std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
                versions
                    .flatten()
                    .any(|version| version.path().join("bin/postgres").exists())
            })
    },
    debian_packages: &["postgresql"],
};

impl Tool {
    /// Makes sure that it is there. Never asks a question.
    pub(crate) fn ensure(&self) -> anyhow::Result<()> {
        if (self.found)() {
            say(&format!("    {}: found", self.what));
            return Ok(());
        }
        let packages = self.debian_packages.join(" ");
        if !may_install() {
            bail!(
                "{} is missing; install the Debian packages: {packages} (or their like), and run this again",
                self.what
            );
        }
        step(
            &format!("refreshing the package lists for {packages}"),
            &mut apt(&["update", "-qq"]),
        )?;
        let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
        arguments.extend(self.debian_packages);
        step(&format!("installing {packages}"), &mut apt(&arguments))?;
        if (self.found)() {
            return Ok(());
        }
        bail!("{} is still missing after installing {packages}", self.what)
    }
}

fn may_install() -> bool {
    let root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Path::new("/usr/bin/apt-get").exists()
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
