//! Programs that are started, stopped and killed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::Duration;

use testkit::process::{Program, Signal};

const BOUND: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Program {
    Program::at(Path::new("/bin/sh")).arg("-c").arg(script)
}

/// Answers these, one connection each.
fn answering(statuses: &'static [&str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn it_sees_its_own_settings_alone() {
    let program = shell("env").env("GREETING", "hello");
    let status = program.start().unwrap().wait(BOUND).unwrap();
    assert!(status.success());
    let said = program.said();
    assert!(said.contains("GREETING=hello\n"), "{said}");
    assert!(!said.contains("CARGO_PKG_NAME"), "{said}");
}

#[test]
fn a_killed_program_can_be_started_again() {
    let program = shell("echo up; exec /bin/sleep 60");
    for _ in 0..2 {
        let mut process = program.start().unwrap();
        process.kill_9();
        assert_eq!(process.ended().unwrap().unwrap().signal(), Some(9));
        assert!(process.signal(Signal::TERM).is_err());
    }
}

#[test]
fn a_stopped_program_hears_of_its_end_when_it_goes_on() {
    let mut process = shell("exec /bin/sleep 60").start().unwrap();
    process.pause().unwrap();
    process.signal(Signal::TERM).unwrap();
    assert!(process.wait(Duration::from_millis(30)).is_err());
    process.resume().unwrap();
    assert_eq!(process.wait(BOUND).unwrap().signal(), Some(15));
}

#[test]
fn signals_go_to_the_program_and_not_to_what_it_runs_under() {
    let program = Program::at(Path::new("/bin/sleep")).arg("60").under([
        "/bin/sh",
        "-c",
        "\"$@\"; exit 7",
        "sh",
    ]);
    let mut process = program.start().unwrap();
    process.signal(Signal::TERM).unwrap();
    assert_eq!(process.wait(BOUND).unwrap().code(), Some(7));
}

#[tokio::test]
async fn it_is_ready_when_it_says_so() {
    let mut process = shell("exec /bin/sleep 60").start().unwrap();
    let internal = answering(&["503 Service Unavailable", "200 OK"]);
    process.ready(internal).await.unwrap();
    process.wait_ready(answering(&["200 OK"])).unwrap();
}

#[test]
fn one_that_ends_before_it_is_ready_is_quoted() {
    let mut process = shell("echo no such setting >&2; exit 3").start().unwrap();
    let nobody = SocketAddr::from(([127, 0, 0, 1], testkit::port::free()));
    let error = process.wait_ready(nobody).unwrap_err().to_string();
    assert!(error.contains("no such setting"), "{error}");
}
