use crate::shell::{cargo, say, step};

/// What every bench of a server under load can be told.
#[derive(clap::Args)]
pub(super) struct Common {
    /// How often everything is measured; the table shows medians.
    #[arg(long, default_value_t = 3)]
    pub(super) rounds: usize,

    /// How long each figure is measured.
    #[arg(long, default_value_t = 5.0)]
    pub(super) seconds: f64,

    /// Measures only what has this in its name, beside the reference, and keeps it apart. May be given several times.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Measures the programs as they are in `target/release`.
    #[arg(long)]
    no_build: bool,

    /// Prints the names of everything that is measured, and measures nothing.
    #[arg(long)]
    list: bool,
}

impl Common {
    pub(super) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.contains(only.as_str()))
    }

    /// Whether something is left out.
    pub(super) fn is_partial(&self) -> bool {
        !self.only.is_empty()
    }

    /// Prints the names if that is all that is wanted.
    pub(super) fn lists<'a>(&self, names: impl Iterator<Item = &'a str>) -> bool {
        if self.list {
            names.for_each(say);
        }
        self.list
    }

    /// Builds the packages that are measured, unless they are to be measured as they are.
    pub(super) fn build(&self, packages: &[&str]) -> anyhow::Result<()> {
        if self.no_build {
            return Ok(());
        }
        let mut build = cargo(&["build", "--release", "--locked"]);
        for package in packages {
            build.args(["--package", package]);
        }
        step("building for release", &mut build)
    }
}
