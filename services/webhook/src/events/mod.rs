//! What an operator does with the events of an inbox: `webhook events` and `kaiin events`.

mod list;
mod settle;
mod show;
mod table;
mod time;
mod view;

use std::io::{self, BufRead, IsTerminal as _, Write};
use std::process::ExitCode;

use clap::Subcommand;
use secrecy::SecretString;
use service_kit::{Clock, Timestamp};

use crate::store::Ledger;

/// Looks at the events of the inbox, has them tried again, or drops them; beside a running server, too.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists events: those that need a look, if you ask for no others.
    #[command(long_about = list::LONG)]
    List(list::List),
    /// Shows all that is known of one event.
    Show(show::Show),
    /// Has events tried again, at once and with all five attempts.
    #[command(long_about = settle::RETRY)]
    Retry(settle::Retry),
    /// Finishes events without acting on them.
    #[command(long_about = settle::DROP)]
    Drop(settle::Discard),
}

/// Where a command writes, and who answers its questions.
pub struct Console<'a> {
    /// For what was asked for.
    pub out: &'a mut dyn Write,
    /// For what else is to be said.
    pub notes: &'a mut dyn Write,
    /// Whoever answers; nobody, where there is no terminal.
    pub answers: Option<&'a mut dyn BufRead>,
}

/// What a command works with.
struct Desk<'a, 'b> {
    ledger: Ledger,
    console: &'a mut Console<'b>,
    now: Timestamp,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// As it was asked to.
    Well,
    /// Something was left undone; the notes say what.
    Short,
    /// It was asked in a way that makes no sense.
    Misused,
}

impl Command {
    /// Does it to the inbox at `url`, on the standard streams. 0: done. 1: something was left undone. 2: wrong usage.
    ///
    /// # Errors
    ///
    /// If the inbox cannot be opened, or failed.
    pub async fn run(self, url: &SecretString, clock: &Clock) -> anyhow::Result<ExitCode> {
        let mut answers = io::stdin().lock();
        let mut console = Console {
            out: &mut io::stdout(),
            notes: &mut io::stderr(),
            answers: io::stdin().is_terminal().then_some(&mut answers as _),
        };
        self.run_on(url, clock, &mut console).await
    }

    /// Does it on another console.
    ///
    /// # Errors
    ///
    /// If the inbox cannot be opened, or failed.
    pub async fn run_on(
        self,
        url: &SecretString,
        clock: &Clock,
        console: &mut Console<'_>,
    ) -> anyhow::Result<ExitCode> {
        let mut desk = Desk {
            ledger: Ledger::open(url).await?,
            console,
            now: clock.now(),
        };
        let end = match self {
            Self::List(list) => list.run(&mut desk).await,
            Self::Show(show) => show.run(&mut desk).await,
            Self::Retry(retry) => retry.run(&mut desk).await,
            Self::Drop(discard) => discard.run(&mut desk).await,
        };
        desk.ledger.close().await?;
        match end {
            Ok(End::Well) => Ok(ExitCode::SUCCESS),
            Ok(End::Short) => Ok(ExitCode::FAILURE),
            Ok(End::Misused) => Ok(ExitCode::from(2)),
            // Whoever reads has seen enough.
            Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(error),
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

impl Desk<'_, '_> {
    fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.console.out, "{line}")
    }

    fn note(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.console.notes, "{line}")
    }
}

/// "1 event", "2 events".
fn events(count: usize) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} event{ending}")
}
