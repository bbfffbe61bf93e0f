//! What only a process of its own shows: signals, limits of the system, and its log.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use service_kit::telemetry::{self, LogFormat, TelemetryConfig};
use service_kit::tls::TlsConfig;
use service_kit::{Readiness, Server, server, shutdown};
use tokio::net::TcpStream;

use crate::harness::{BOUND, fetch, hello};

/// What the process does once it is told to stop: serves for so many seconds more, or never ends.
const SECONDS: &str = "TEST_SHUTDOWN_DELAY";
/// What it shows to its clients, if anything.
const CERT: &str = "TEST_TLS_CERT";
const KEY: &str = "TEST_TLS_KEY";

#[tokio::test]
#[ignore = "this is the process that the other tests start"]
async fn served() {
    let _telemetry = telemetry::init(&TelemetryConfig {
        log_format: LogFormat::Json,
        ..TelemetryConfig::default()
    })
    .unwrap();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let delay = std::env::var_os(SECONDS).unwrap();
    let delay = delay.to_str().and_then(|seconds| seconds.parse().ok());
    let server = Server::bind("test", any, any).await.unwrap();
    let stop = shutdown::signal_received();
    println!("\naddr={}", server.public_addr());
    let tls = TlsConfig {
        tls_cert: std::env::var_os(CERT).map(Into::into),
        tls_key: std::env::var_os(KEY).map(Into::into),
    };
    let server = server
        .shutdown_delay(Duration::from_secs(delay.unwrap_or_default()))
        .tls(tls.acceptor().unwrap());
    let router = server::with_problem_fallbacks(hello());
    server.serve(router, Readiness::always(), stop).await;
    if delay.is_none() {
        std::future::pending::<()>().await;
    }
    tracing::info!("the last line");
}

/// A process that serves.
pub(crate) struct Process {
    pub(crate) addr: SocketAddr,
    child: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts one; `before` is put before its command.
    pub(crate) fn start(before: &[&str], delay: &str) -> Self {
        Self::start_with(before, delay, &TlsConfig::default())
    }

    /// Starts one that speaks TLS.
    pub(crate) fn start_with(before: &[&str], delay: &str, tls: &TlsConfig) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut words = before.iter().map(Into::into).chain([this]);
        let mut command = Command::new(words.next().unwrap());
        let mut child = command
            .args(words)
            .args(["process::served", "--exact", "--ignored", "--nocapture"])
            .env(SECONDS, delay)
            .envs(tls.tls_cert.iter().map(|path| (CERT, path)))
            .envs(tls.tls_key.iter().map(|path| (KEY, path)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let addr = loop {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it has started");
            if let Some(addr) = line.trim().strip_prefix("addr=") {
                break addr.parse().unwrap();
            }
        };
        Self {
            addr,
            child,
            _stdout: stdout,
        }
    }

    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(killed.unwrap().success());
    }

    /// What it has logged by its end, and how it ended.
    pub(crate) async fn end(mut self) -> (String, ExitStatus) {
        let ending = tokio::task::spawn_blocking(move || {
            let mut log = String::new();
            let stderr = self.child.stderr.as_mut().unwrap();
            stderr.read_to_string(&mut log).unwrap();
            (log, self.child.wait().unwrap())
        });
        let ended = tokio::time::timeout(BOUND, ending);
        ended.await.expect("the process ends").unwrap()
    }

    /// The processor time that it has used, in clock ticks of 10 ms.
    fn ticks(&self) -> u64 {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(path).unwrap();
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields = fields.split(' ').skip(11).take(2);
        fields.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
    }
}

#[tokio::test]
async fn o09_without_file_descriptors_it_does_not_spin_and_recovers() {
    let process = Process::start(&["prlimit", "--nofile=64"], "0");
    let mut connections = Vec::new();
    for _ in 0..100 {
        connections.push(TcpStream::connect(process.addr).await.unwrap());
    }
    let before = process.ticks();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let used = process.ticks() - before;
    assert!(used < 40, "{used} ticks in two seconds");
    drop(connections);
    let start = Instant::now();
    let answer = fetch(process.addr, "/hello/mei").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(start.elapsed() < Duration::from_secs(5));
    process.terminate();
    let (log, status) = process.end().await;
    assert!(status.success());
    let complaints = log.matches("cannot accept connections").count();
    assert!((1..10).contains(&complaints), "{log}");
}

#[tokio::test]
async fn a_second_signal_ends_the_delay() {
    let process = Process::start(&[], "8");
    let start = Instant::now();
    process.terminate();
    // It is heard once the delay has begun; until then, answers do not say that they are the last.
    loop {
        let answer = fetch(process.addr, "/hello/mei").await;
        if answer.headers().contains_key("connection") {
            break;
        }
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    process.terminate();
    let (log, status) = process.end().await;
    assert!(status.success(), "{log}");
    assert!(start.elapsed() < Duration::from_secs(6));
    assert!(
        log.trim_end()
            .lines()
            .last()
            .unwrap()
            .contains("the last line"),
        "{log}"
    );
}

#[tokio::test]
async fn i14_a_process_that_does_not_end_is_ended() {
    let process = Process::start(&[], "never");
    let start = Instant::now();
    process.terminate();
    let (log, status) = process.end().await;
    assert_eq!(status.code(), Some(1));
    assert!(start.elapsed() >= Duration::from_secs(19));
    assert!(log.contains("the process ends without it"), "{log}");
}
