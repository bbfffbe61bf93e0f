//! Start to ready, and idle memory.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::report::{Report, Row, median};
use crate::process::{CpuTime, Running, free_addr, get, memory_mb};
use crate::shell::{cargo, root, say, step};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each service is started; the table shows the median.
    #[arg(long, default_value_t = 7)]
    rounds: usize,

    /// Measures only the services that have this in their name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,

    /// Measures the programs as they are in `target/release`.
    #[arg(long)]
    no_build: bool,
}

/// The services that serve, and the settings of each beside those that all have.
const SERVICES: [(&str, &[(&str, &str)]); 5] = [
    (
        "webhook",
        &[
            ("LINE_CHANNEL_SECRET", "0123456789abcdef0123456789abcdef"),
            ("LINE_CHANNEL_ACCESS_TOKEN", "bench-access-token"),
            ("WEBSITE_LINK", "http://127.0.0.1:1/"),
        ],
    ),
    ("api-users", &[("SERVICE_ISSUERS", "issuers.json")]),
    (
        "register-server",
        &[
            ("LINE_LOGIN_CHANNEL_ID", "1234567890"),
            (
                "LINE_LOGIN_CHANNEL_SECRET",
                "0123456789abcdef0123456789abcdef",
            ),
            ("PUBLIC_URL", "http://127.0.0.1:1"),
        ],
    ),
    (
        "register-client",
        &[
            ("REGISTER_SERVER", "http://127.0.0.1:1"),
            ("PUBLIC_URL", "http://127.0.0.1:1"),
        ],
    ),
    (
        "push-msg",
        &[
            ("LINE_CHANNEL_ACCESS_TOKEN", "bench-access-token"),
            ("CAMPAIGNS", "campaigns"),
        ],
    ),
];

/// api-users does not start without somebody to believe.
const ISSUERS: &str = r#"{ "issuers": [{ "issuer": "https://bench", "algorithm": "ES256", "jwks": { "keys": [] } }] }"#;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let wanted = |(service, _): &(&str, _)| {
        let only = options.only.as_deref();
        only.is_none_or(|only| service.contains(only))
    };
    let services: Vec<_> = SERVICES.into_iter().filter(wanted).collect();
    if !options.no_build {
        let mut build = cargo(&["build", "--release", "--locked"]);
        for (service, _) in &services {
            build.args(["--package", service]);
        }
        step("building the services for release", &mut build)?;
    }
    let mut report = Report::new("start", options.rounds);
    report.note("p50 ms is the time from start to ready, max ms the longest, CPU µs what was spent until then");
    report.note("peak MB is what the service holds when it idles");
    for (service, settings) in services {
        say(&format!("    {service}"));
        let samples = (0..options.rounds)
            .map(|_| start(service, settings))
            .collect::<anyhow::Result<Vec<_>>>()
            .with_context(|| format!("cannot measure {service}"))?;
        let ready = |sample: &Sample| sample.ready.as_secs_f64() * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "a program of megabytes")]
        let program_mb = fs::metadata(program(service))?.len() as f64 / (1024.0 * 1024.0);
        report.rows.push(Row {
            name: service.to_owned(),
            p50_ms: median(samples.iter().map(ready).collect()),
            max_ms: samples.iter().map(ready).max_by(f64::total_cmp),
            cpu_us: median(
                samples
                    .iter()
                    .map(|sample| sample.cpu.as_secs_f64() * 1e6)
                    .collect(),
            ),
            peak_mb: median(samples.iter().map(|sample| sample.resident_mb).collect()),
            program_mb: Some(program_mb),
            ..Row::default()
        });
    }
    report.publish()
}

struct Sample {
    ready: Duration,
    cpu: Duration,
    resident_mb: f64,
}

fn start(service: &str, settings: &[(&str, &str)]) -> anyhow::Result<Sample> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("campaigns"))?;
    fs::write(folder.path().join("issuers.json"), ISSUERS)?;
    fs::write(folder.path().join("token"), "bench-service-token")?;
    let (public, internal) = (free_addr(), free_addr());
    let begin = Instant::now();
    let mut command = Command::new(program(service));
    command
        .current_dir(folder.path())
        .env_clear()
        .envs(settings.iter().copied())
        .env("LISTEN_ADDR", public.to_string())
        .env("INTERNAL_ADDR", internal.to_string())
        .env(
            "DATABASE_URL",
            format!("sqlite://{}/bench.db", folder.path().display()),
        )
        .env("USERS_API", "http://127.0.0.1:1")
        .env("SERVICE_TOKEN_FILE", folder.path().join("token"))
        .env("PROFILE", "dev")
        .env("RUST_LOG", "error")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    if service == "push-msg" {
        command.arg("serve");
    }
    let mut child = Running(command.spawn()?);
    child.wait_until(Duration::from_secs(10), || is_ready(internal))?;
    let ready = begin.elapsed();
    let process = child.0.id();
    let cpu = CpuTime::of(&[process]).total();
    // Let it settle: what it still holds then is what it idles with.
    thread::sleep(Duration::from_millis(300));
    Ok(Sample {
        ready,
        cpu,
        resident_mb: memory_mb(process, "VmRSS")?,
    })
}

/// Whether the service at this internal address says that it is ready.
pub(super) fn is_ready(internal: SocketAddr) -> bool {
    get(internal, "/readyz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

/// Where a release build puts a program.
pub(super) fn program(name: &str) -> PathBuf {
    root().join("target/release").join(name)
}
