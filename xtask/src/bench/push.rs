//! `cargo xtask bench push`: what it costs to freeze a large audience and to send to it, beside the same calls alone.

mod partners;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use partners::{Partners, Totals};

use super::common::Common;
use super::lab::Lab;
use super::report::{Report, Row, Target, figure, median};
use super::server::{Place, Server, Store, service};
use super::start::program;
use crate::process::{Core, CpuTime, Running, memory_mb};
use crate::shell::say;

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,

    /// How many members there are. Memory is compared with a hundredth of them.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    members: u64,
}

/// As many as LINE takes in one call.
const BATCH: u64 = 500;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let Options { common, members } = options;
    let sizes = [members / 100, *members];
    let names = || Store::ALL.into_iter().map(|store| format!("push, {store}"));
    if common.lists(names().collect::<Vec<_>>().iter().map(String::as_str)) {
        return Ok(());
    }
    common.build(&["bench", "push-msg"])?;
    let mut report = Report::of("push", common);
    notes(&mut report);
    let mut lab = Lab::new(common.seconds)?;
    let stores = Store::ALL
        .into_iter()
        .filter(|store| common.wants(&format!("push, {store}")));
    let stores: Vec<_> = stores.collect();
    for members in sizes {
        let mut bare = Vec::new();
        let mut pushes: Vec<Vec<Push>> = stores.iter().map(|_| Vec::new()).collect();
        for round in 1..=common.rounds {
            say(&format!(
                "==> {members} members, round {round} of {}",
                common.rounds
            ));
            let alone = send_bare(members)?;
            for (store, seen) in stores.iter().zip(&mut pushes) {
                let push = push(&mut lab, *store, members)?;
                say(&format!(
                    "    {store}: frozen in {:.1} s, sent in {:.1} s, {:.1} × the CPU of the calls alone",
                    push.freeze.seconds,
                    push.send.seconds,
                    ratio(&push.whole(), &alone).unwrap_or_default()
                ));
                seen.push(push);
            }
            bare.push(alone);
        }
        report.rows.push(row(
            &format!("{members}, the calls alone"),
            members,
            &bare,
            None,
        ));
        for (store, pushes) in stores.iter().zip(&pushes) {
            report_push(&mut report, *store, members, pushes, &bare);
        }
    }
    judge(&mut report, &stores, sizes);
    report.publish()
}

/// What was seen of one stretch of work.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    seconds: f64,
    cpu: Duration,
    peak_mb: f64,
}

/// One occurrence, from its members to LINE.
#[derive(Debug, Clone, Copy)]
struct Push {
    freeze: Stretch,
    send: Stretch,
    totals: Totals,
}

impl Push {
    fn whole(&self) -> Stretch {
        Stretch {
            seconds: self.freeze.seconds + self.send.seconds,
            cpu: self.freeze.cpu + self.send.cpu,
            peak_mb: self.send.peak_mb,
        }
    }
}

/// The calls, and nothing else.
fn send_bare(members: u64) -> anyhow::Result<Stretch> {
    let partners = Partners::start(None, members)?;
    let mut command = Core::Server.command(&program("bench"));
    command
        .args(["bare", "--line", &format!("http://{}", partners.addr)])
        .args(["--members", &members.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut bare = Running(command.spawn()?);
    let process = bare.0.id();
    let output = bare.0.stdout.take().context("no output")?;
    let mut start = None;
    for line in BufReader::new(output).lines() {
        match (line?.as_str(), &start) {
            ("begin", _) => start = Some((Instant::now(), CpuTime::of(&[process]))),
            ("end", Some((begin, cpu))) => {
                return Ok(Stretch {
                    seconds: begin.elapsed().as_secs_f64(),
                    cpu: CpuTime::of(&[process]).since(cpu),
                    peak_mb: memory_mb(process, "VmHWM")?,
                });
            }
            _ => {}
        }
    }
    anyhow::bail!("the bare calls broke off")
}

/// One campaign for everybody, through a ledger of its own.
fn push(lab: &mut Lab, store: Store, members: u64) -> anyhow::Result<Push> {
    let partners = Partners::start(Some(lab), members)?;
    let folder = lab.folder()?;
    let campaigns = folder.join("campaigns");
    fs::create_dir(&campaigns)?;
    fs::write(folder.join("token"), "bench-service-token")?;
    let place = Place::new(lab, store, &folder.join("ledger.db"))?;
    let mut command = Core::Server.command(&program("push-msg"));
    let base = format!("http://{}", partners.addr);
    command
        .arg("serve")
        .env("CAMPAIGNS", &campaigns)
        .env("USERS_API", &base)
        .env("LINE_API_BASE", &base)
        .env("LINE_CHANNEL_ACCESS_TOKEN", "bench-access-token")
        .env("SERVICE_TOKEN_FILE", folder.join("token"))
        .env("RUST_LOG", "warn");
    let server = service(lab, "push-msg", command, &place.url)?.keeping(place);
    let idle = Mark::of(&server);
    fs::write(campaigns.join("bench.yaml"), partners.campaign()?)?;
    partners.wait_for(1)?;
    let frozen = Mark::of(&server);
    let totals = partners.wait_for(members)?;
    // The last answer is written down a moment after LINE gave it.
    thread::sleep(Duration::from_millis(200));
    let sent = Mark::of(&server);
    ensure!(
        totals.recipients == members,
        "{} of {members} members were sent to",
        totals.recipients
    );
    Ok(Push {
        freeze: frozen.since(&idle, &server)?,
        send: sent.since(&frozen, &server)?,
        totals,
    })
}

/// A moment, and what a server had cost until then.
struct Mark {
    at: Instant,
    cpu: CpuTime,
}

impl Mark {
    fn of(server: &Server) -> Self {
        Self {
            at: Instant::now(),
            cpu: CpuTime::of(&server.roots),
        }
    }

    fn since(&self, before: &Self, server: &Server) -> anyhow::Result<Stretch> {
        Ok(Stretch {
            seconds: (self.at - before.at).as_secs_f64(),
            cpu: self.cpu.since(&before.cpu),
            peak_mb: memory_mb(server.process, "VmHWM")?,
        })
    }
}

/// Nothing for so few calls that their time is not to be seen.
fn ratio(stretch: &Stretch, bare: &Stretch) -> Option<f64> {
    let bare = bare.cpu.as_secs_f64();
    (bare > 0.0).then(|| stretch.cpu.as_secs_f64() / bare)
}

fn row(name: &str, members: u64, stretches: &[Stretch], bare: Option<&[Stretch]>) -> Row {
    let of = |figure: &dyn Fn(&Stretch) -> f64| median(stretches.iter().map(figure).collect());
    let thousands = figure(usize::try_from(members).unwrap_or(usize::MAX)) / 1000.0;
    Row {
        name: name.to_owned(),
        requests_per_s: of(&|stretch| thousands / stretch.seconds),
        cpu_us: of(&|stretch| stretch.cpu.as_secs_f64() * 1e6 / thousands),
        cpu_ratio: bare.and_then(|bare| {
            let ratios = stretches.iter().zip(bare);
            median(ratios.filter_map(|(one, bare)| ratio(one, bare)).collect())
        }),
        core: of(&|stretch| stretch.cpu.as_secs_f64() / stretch.seconds),
        peak_mb: of(&|stretch| stretch.peak_mb),
        ..Row::default()
    }
}

fn sent_name(store: Store, members: u64) -> String {
    format!("{members}, {store}: sent")
}

fn whole_name(store: Store, members: u64) -> String {
    format!("{members}, {store}: frozen and sent")
}

fn report_push(report: &mut Report, store: Store, members: u64, pushes: &[Push], bare: &[Stretch]) {
    let of = |part: fn(&Push) -> Stretch| pushes.iter().map(part).collect::<Vec<_>>();
    let name = |part: &str| format!("{members}, {store}: {part}");
    let parts = [
        (name("frozen"), of(|push| push.freeze)),
        (sent_name(store, members), of(|push| push.send)),
        (whole_name(store, members), of(Push::whole)),
    ];
    for (name, stretches) in parts {
        report
            .rows
            .push(row(&name, members, &stretches, Some(bare)));
    }
    if let Some(Totals { calls, bytes, .. }) = pushes.first().map(|push| push.totals) {
        report.note(format!(
            "{members}, {store}: {calls} calls with {bytes} bytes."
        ));
        let count = |count: u64| figure(usize::try_from(count).unwrap_or(usize::MAX));
        let due = count(members.div_ceil(BATCH));
        report
            .targets
            .push(Target::at_most(name("calls"), count(calls), due, due));
    }
}

/// What many cost beside the calls alone, and that they cost no more memory than few.
fn judge(report: &mut Report, stores: &[Store], [few, many]: [u64; 2]) {
    for store in stores {
        let find = |name: String| report.rows.iter().find(|row| row.name == name);
        let (Some(small), Some(sent), Some(whole)) = (
            find(whole_name(*store, few)),
            find(sent_name(*store, many)),
            find(whole_name(*store, many)),
        ) else {
            continue;
        };
        let mut targets = Vec::new();
        let what = format!("{}: CPU ÷ that of the calls alone", sent.name);
        targets.extend(
            sent.cpu_ratio
                .map(|seen| Target::at_most(what, seen, 2.0, 1.3)),
        );
        if let (Some(least), Some(most)) = (small.peak_mb, whole.peak_mb) {
            let what = |what: &str| format!("{}: {what}", whole.name);
            targets.push(Target::at_most(what("peak MB"), most, 64.0, 40.0));
            let what = what(&format!("peak memory ÷ that of {few}"));
            targets.push(Target::at_most(what, most / least, 1.25, 1.1));
        }
        report.targets.extend(targets);
    }
}

fn notes(report: &mut Report) {
    if Core::can_pin() {
        report.note("push-msg and its database have core 0, the members' API and LINE, both played, core 1; CPU is of push-msg and its database, memory of push-msg alone.");
    } else {
        report.note("NOT PINNED to cores, for want of `taskset` or of a second core.");
    }
    report.note("A request is a thousand members here. The calls alone: the same multicasts by the same client, one after the other, with their bodies put together and nothing read, asked or written down. Ratios are to those of the same round.");
    report.note("frozen: the audience read from the members' API line by line, sorted, and written down with the bytes, digest and key of every batch; from the moment the campaign is there to the first call. The scheduler looks every ten seconds, which is in the time and not in the CPU.");
    report.note("sent: every batch read again and checked against its digest, every member asked about once more, every attempt written down before the call and its outcome after; to the last answer, at the pace that LINE's limits leave. This is what is compared with the calls alone: reading an audience is no part of a call.");
}
