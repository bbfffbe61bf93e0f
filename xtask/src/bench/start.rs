//! Start to ready, and idle memory.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::shell::{cargo, root, say, step};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each service is started; the table shows the median.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
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
    let mut build = cargo(&["build", "--release", "--locked"]);
    for (service, _) in SERVICES {
        build.args(["--package", service]);
    }
    step("building the services for release", &mut build)?;
    let mut table = String::from(
        "| service | start to ready, ms | idle memory, MB | program, MB |\n|---|---|---|---|\n",
    );
    for (service, settings) in SERVICES {
        let mut samples = (0..options.rounds)
            .map(|_| start(service, settings))
            .collect::<anyhow::Result<Vec<_>>>()
            .with_context(|| format!("cannot measure {service}"))?;
        samples.sort_by_key(|sample| sample.ready);
        let ready = samples[samples.len() / 2].ready;
        samples.sort_by_key(|sample| sample.resident_kib);
        let resident = f64::from(samples[samples.len() / 2].resident_kib);
        let program_kib = u32::try_from(fs::metadata(program(service))?.len() / 1024)?;
        writeln!(
            table,
            "| {service} | {:.0} | {:.1} | {:.1} |",
            ready.as_secs_f64() * 1000.0,
            resident / 1024.0,
            f64::from(program_kib) / 1024.0
        )?;
    }
    say(&format!(
        "\nMedians of {} starts on {}.\n\n{table}",
        options.rounds,
        machine()
    ));
    Ok(())
}

struct Sample {
    ready: Duration,
    resident_kib: u32,
}

fn start(service: &str, settings: &[(&str, &str)]) -> anyhow::Result<Sample> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("campaigns"))?;
    fs::write(folder.path().join("issuers.json"), ISSUERS)?;
    fs::write(folder.path().join("token"), "bench-service-token")?;
    let (public, internal) = (free_addr()?, free_addr()?);
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
    while !is_ready(internal) {
        if let Some(status) = child.0.try_wait()? {
            bail!("it ended with {status}");
        }
        if begin.elapsed() > Duration::from_secs(10) {
            bail!("it is not ready after ten seconds");
        }
        thread::sleep(Duration::from_millis(1));
    }
    let ready = begin.elapsed();
    // Let it settle: what it still holds then is what it idles with.
    thread::sleep(Duration::from_millis(300));
    Ok(Sample {
        ready,
        resident_kib: resident_kib(child.0.id())?,
    })
}

/// Ends the process with the measurement, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_ready(internal: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(internal)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn resident_kib(process: u32) -> anyhow::Result<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn free_addr() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn program(service: &str) -> std::path::PathBuf {
    root().join("target/release").join(service)
}

fn machine() -> String {
    let info = fs::read_to_string(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("");
    let cores = thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores of {}",
        model.trim_start_matches([' ', '\t', ':'])
    )
}
