//! How fast a whole audience arrives.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::load::Figures;
use crate::say;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The members' API.
    #[arg(long)]
    target: SocketAddr,

    /// The file with the caller's token.
    #[arg(long)]
    token: PathBuf,

    /// How long to read it again; once at least.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

/// As it is common for clients.
const BUFFER_BYTES: usize = 64 * 1024;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let token = fs::read_to_string(&options.token).context("cannot read the token")?;
    let stream = TcpStream::connect(options.target)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut answers = BufReader::with_capacity(BUFFER_BYTES, stream);
    let mut figures = Figures::default();
    say("begin");
    let begin = Instant::now();
    loop {
        let left = Instant::now();
        write!(
            answers.get_mut(),
            "GET /audiences/members?consent=news HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n"
        )?;
        read_head(&mut answers)?;
        let members = count_lines(&mut answers)?;
        figures.record_all(200, members, left.elapsed());
        if begin.elapsed().as_secs_f64() >= options.seconds {
            break;
        }
    }
    let took = begin.elapsed();
    say("end");
    say(&figures.report(took)?);
    Ok(())
}

/// Up to the body, which must be in chunks: nobody knows its length before.
fn read_head(answers: &mut BufReader<TcpStream>) -> anyhow::Result<()> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        ensure!(answers.read_line(&mut head)? > 0, "no answer");
    }
    let head = head.to_ascii_lowercase();
    ensure!(
        head.starts_with("http/1.1 200") && head.contains("transfer-encoding: chunked"),
        "this is no stream: {head}"
    );
    Ok(())
}

/// How many lines the body has; an error if it breaks off.
fn count_lines(answers: &mut BufReader<TcpStream>) -> anyhow::Result<u64> {
    let mut lines = 0;
    let mut line = String::new();
    loop {
        line.clear();
        answers.read_line(&mut line)?;
        let mut left = usize::from_str_radix(line.trim_end(), 16).context("no chunk")?;
        let is_last = left == 0;
        while left > 0 {
            let there = answers.fill_buf()?;
            ensure!(!there.is_empty(), "the stream broke off");
            let there = &there[..there.len().min(left)];
            lines += newlines(there);
            let read = there.len();
            answers.consume(read);
            left -= read;
        }
        line.clear();
        answers.read_line(&mut line)?;
        if is_last {
            return Ok(lines);
        }
    }
}

#[expect(
    clippy::naive_bytecount,
    reason = "many times faster than anybody streams"
)]
fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}
