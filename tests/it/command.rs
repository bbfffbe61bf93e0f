//! `kaiin` on the command line: the real program.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use service_kit::http_client::{self, Limits, send};
use simulator::Simulator;
use tempfile::TempDir;
use testkit::people::Sim;

use crate::house::program;

/// `kaiin` with nothing of this test's environment that it could take for a setting.
pub(crate) fn kaiin(arguments: &[&str]) -> Command {
    let mut command = Command::new(program("kaiin"));
    command
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    kaiin(arguments).output().unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) struct Running {
    child: Child,
    pub(crate) ready: Value,
}

impl Running {
    pub(crate) fn start(folder: &TempDir) -> Self {
        Self::with(folder, &["dev"])
    }

    fn with(folder: &TempDir, what: &[&str]) -> Self {
        let ready_file = folder.path().join("ready.json");
        let data = folder.path().join("data");
        let mut arguments = what.to_vec();
        arguments.extend([
            "--random-ports",
            "--ready-file",
            ready_file.to_str().unwrap(),
            "--data",
            data.to_str().unwrap(),
        ]);
        let mut child = kaiin(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while !ready_file.exists() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "kaiin ended before it was ready"
            );
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "kaiin is not ready after 30 s"
            );
            std::thread::yield_now();
        }
        let ready = serde_json::from_str(&fs::read_to_string(&ready_file).unwrap()).unwrap();
        Self { child, ready }
    }

    fn interrupt(mut self) -> (i32, String) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        let code = self.child.wait().unwrap().code().unwrap();
        let mut said = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        (code, said)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text_of<'a>(ready: &'a Value, pointer: &str) -> &'a str {
    ready
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in the ready file"))
}

#[tokio::test]
async fn the_ready_file_leads_to_everything_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&folder);
    let http = http_client::client(Limits::default());
    for part in [
        "webhook",
        "register_server",
        "register_client",
        "api_users",
        "push_msg",
    ] {
        let internal = text_of(&running.ready, &format!("/{part}/internal"));
        assert_eq!(
            send(http.get(format!("{internal}readyz")))
                .await
                .unwrap()
                .status(),
            200,
            "{part}"
        );
    }
    let users = http.get(format!(
        "{}users",
        text_of(&running.ready, "/api_users/url")
    ));
    assert_eq!(
        send(users.try_clone().unwrap()).await.unwrap().status(),
        401
    );
    let users = users.bearer_auth(text_of(&running.ready, "/api_users/token"));
    assert_eq!(send(users).await.unwrap().status(), 200);
    assert!(text_of(&running.ready, "/webhook/url").ends_with("/callback"));
    for pointer in [
        "/website/url",
        "/simulator/url",
        "/simulator/control",
        "/line/channel_secret",
        "/line/channel_access_token",
        "/line/bot_user_id",
        "/line/login_channel_id",
        "/line/login_channel_secret",
    ] {
        assert!(!text_of(&running.ready, pointer).is_empty(), "{pointer}");
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("ready.json")), 0o600);
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    assert_eq!(
        mode(&folder.path().join("data/identity/webhook.key")),
        0o600
    );
}

#[test]
fn it_says_what_to_open_and_stops_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(&folder);
    let (website, simulator) = (
        text_of(&running.ready, "/website/url").to_owned(),
        text_of(&running.ready, "/simulator/url").to_owned(),
    );
    let (code, said) = running.interrupt();
    assert_eq!(code, 0);
    for part in [
        "Starting webhook",
        &website,
        &simulator,
        "Ctrl-C",
        "Stopped.",
    ] {
        assert!(said.contains(part), "{part} is missing from:\n{said}");
    }
}

#[test]
fn secrets_and_keys_stay_the_same_from_start_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::start(&folder);
    let secret = text_of(&first.ready, "/line/channel_secret").to_owned();
    first.interrupt();
    let ready_file = folder.path().join("ready.json");
    assert!(
        !ready_file.exists(),
        "it would lead to where nobody listens any more"
    );
    assert_eq!(
        text_of(&Running::start(&folder).ready, "/line/channel_secret"),
        secret
    );
}

#[test]
fn a_second_start_on_the_same_data_folder_is_refused_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let _running = Running::start(&folder);
    let data = folder.path().join("data");
    let second = output(&["dev", "--random-ports", "--data", data.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(
        stderr(&second).contains("another kaiin is running on the data folder"),
        "{}",
        stderr(&second)
    );
}

#[test]
fn a_busy_port_names_the_setting_that_moves_it() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port().to_string();
    let refused = output(&["dev", "--ephemeral", "--website-port", &port]);
    let said = stderr(&refused);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said.contains(&port) && said.contains("--website-port") && said.contains("--random-ports"),
        "{said}"
    );
}

#[test]
fn a_token_works_on_the_suite_it_was_made_for() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let early = output(&["token", "--name", "mei", "--data", data.to_str().unwrap()]);
    assert!(
        stderr(&early).contains("no suite was ever started"),
        "{}",
        stderr(&early)
    );
    let running = Running::start(&folder);
    let token = output(&[
        "token",
        "--name",
        "mei",
        "--role",
        "viewer",
        "--data",
        data.to_str().unwrap(),
    ]);
    let token = String::from_utf8(token.stdout).unwrap();
    let api = text_of(&running.ready, "/api_users/url").to_owned();
    let asked = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let http = http_client::client(Limits::default());
        send(http.get(format!("{api}users")).bearer_auth(token.trim()))
            .await
            .unwrap()
            .status()
    });
    assert_eq!(asked, 200);
}

#[test]
fn a_port_named_twice_names_both_settings() {
    let refused = output(&[
        "dev",
        "--ephemeral",
        "--website-port",
        "18100",
        "--users-port",
        "18100",
    ]);
    let said = stderr(&refused);
    assert!(
        said.contains("--website-port") && said.contains("--users-port"),
        "{said}"
    );
}

#[test]
fn simulated_people_do_not_get_into_a_real_channels_members() {
    let folder = tempfile::tempdir().unwrap();
    Running::start(&folder).interrupt();
    let data = folder.path().join("data");
    let refused = kaiin(&["up", "--data", data.to_str().unwrap(), "--random-ports"])
        .args([
            "--public-url",
            "https://member.example",
            "--line-login-channel-id",
            "1234567890",
        ])
        .args([
            "--line-channel-secret",
            "0123456789abcdef",
            "--line-channel-access-token",
            "0123456789abcdef",
        ])
        .args(["--line-login-channel-secret", "0123456789abcdef"])
        .output()
        .unwrap();
    assert!(
        stderr(&refused).contains("belongs to a simulated LINE"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn no_operator_goes_by_the_name_of_a_service() {
    for name in ["", "webhook", "push-msg"] {
        assert_eq!(
            output(&["token", "--name", name]).status.code(),
            Some(2),
            "{name}"
        );
    }
}

#[test]
fn up_without_its_secrets_names_the_setting_and_not_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("settings.env");
    fs::write(&settings, "PUBLIC_URL=https://member.example.com\nLINE_LOGIN_CHANNEL_ID=1234567890\nLINE_CHANNEL_SECRET=changeme\n").unwrap();
    let data = folder.path().join("data");
    let refused = output(&[
        "up",
        "--settings",
        settings.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
        "--random-ports",
    ]);
    let said = stderr(&refused);
    assert_ne!(refused.status.code(), Some(0));
    assert!(
        said.contains("LINE_CHANNEL_SECRET") && !said.contains("changeme"),
        "{said}"
    );
}

#[tokio::test]
async fn up_serves_a_channel_whose_settings_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let line = Simulator::build(simulator::Config::ephemeral())
        .await
        .unwrap();
    let (url, channel, at_line) = (line.url(), line.credentials().clone(), line.line());
    tokio::spawn(line.serve(std::future::pending()));
    let settings = folder.path().join("settings.env");
    let text = format!(
        "PUBLIC_URL=http://member.example/\nPROFILE=dev\nLINE_API_BASE={url}\nLINE_ACCESS_BASE={url}\n\
         LINE_CHANNEL_SECRET={}\nLINE_CHANNEL_ACCESS_TOKEN={}\n\
         LINE_LOGIN_CHANNEL_ID={}\nLINE_LOGIN_CHANNEL_SECRET={}\n",
        channel.channel_secret,
        channel.channel_access_token,
        channel.login_channel_id,
        channel.login_channel_secret,
    );
    fs::write(&settings, text).unwrap();
    let running = Running::with(&folder, &["up", "--settings", settings.to_str().unwrap()]);
    assert!(running.ready.get("simulator").is_none());

    at_line.set_webhook(text_of(&running.ready, "/webhook/url"));
    let chen = Sim::at(&url.parse().unwrap())
        .unwrap()
        .add("Chen", "en")
        .await
        .unwrap();
    let said = chen.ask("hello").await.unwrap();
    assert_eq!(
        said,
        "You are not our members, please join us in http://member.example/?lang=en"
    );
}

#[tokio::test]
async fn dev_wears_the_brand_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let brand = folder.path().join("brand.yaml");
    fs::write(&brand, "name: Café Lune").unwrap();
    let brand = brand.to_str().unwrap();
    let running = Running::with(&folder, &["dev", "--brand", brand]);
    let website = text_of(&running.ready, "/website/url");
    let http = http_client::client(Limits::default());
    let home = send(http.get(format!("{website}en/"))).await.unwrap();
    let home = http_client::read_bounded(home, 1 << 20).await.unwrap();
    assert!(String::from_utf8_lossy(&home).contains("Café Lune"));
    running.interrupt();
    let help = output(&["dev", "--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("--brand <FILE>"));
}

#[test]
fn help_says_what_each_command_is_for() {
    for arguments in [
        vec!["--help"],
        vec!["dev", "--help"],
        vec!["up", "--help"],
        vec!["token", "--help"],
        vec!["events", "--help"],
        vec!["sessions", "--help"],
    ] {
        let help = output(&arguments);
        assert_eq!(help.status.code(), Some(0));
        assert!(
            String::from_utf8_lossy(&help.stdout).contains("Usage:"),
            "{arguments:?}"
        );
    }
}
