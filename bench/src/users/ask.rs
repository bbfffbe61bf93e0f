//! Questions to the members' API.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use super::questions::{Ask, Questions};
use crate::load::{Caller, Pace, Requests, send};

#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pace: Pace,

    /// The file with the caller's token.
    #[arg(long)]
    token: PathBuf,

    #[command(subcommand)]
    question: Question,
}

#[derive(clap::Subcommand)]
enum Question {
    /// Whether somebody is a member; one in ten is not.
    Membership {
        /// How many members there are.
        members: u64,
    },
    /// All about a member.
    Document {
        /// How many members there are.
        members: u64,
    },
    /// To become a member: somebody new each time.
    Register,
    /// A page of the website; the token is the session.
    Visit {
        /// Which page.
        path: String,
    },
    /// A page of 100 from the middle of the list of members.
    Page {
        /// How many members there are.
        members: u64,
        /// What the list is sorted by.
        #[arg(allow_hyphen_values = true)]
        sort: String,
    },
    /// How many consent to news, and are subscribed to the weekly.
    Count {
        /// Whom to count.
        segment: String,
    },
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let pace = &options.pace;
    let token = fs::read_to_string(&options.token).context("cannot read the token")?;
    let ask = match &options.question {
        Question::Membership { members } => Ask::Membership(*members),
        Question::Document { members } => Ask::Document(*members),
        Question::Register => Ask::Register,
        Question::Visit { path } => Ask::Visit(path.clone()),
        Question::Page { members, sort } => {
            let cursor = middle(pace, &token, *members, sort)?;
            Ask::Get(format!("/users?sort={sort}&limit=100&cursor={cursor}"))
        }
        Question::Count { segment } => {
            let body =
                serde_json::json!({ "segment": segment, "consent": "news", "topic": "weekly" });
            Ask::Post("/audiences/preview".into(), body.to_string())
        }
    };
    let questions = Questions::new(ask, &token, pace.first, pace.count());
    send(pace, Requests::Questions(questions))
}

/// How many members a page may have at most.
const LARGEST_PAGE: u64 = 1000;

/// Goes through the first half of the list as any caller must, and tells where the second begins.
fn middle(pace: &Pace, token: &str, members: u64, sort: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Page {
        next_cursor: Option<String>,
    }
    let mut caller = Caller::connect(pace.target)?;
    let first = format!("/users?sort={sort}&limit={LARGEST_PAGE}");
    let mut path = first.clone();
    let mut cursor = None;
    let mut request = Vec::new();
    for _ in 0..(members / 2).div_ceil(LARGEST_PAGE) {
        Questions::new(Ask::Get(path), token, 0, 1).write(0, &mut request);
        let answer = caller.call(&request)?;
        ensure!(
            answer.status == 200,
            "the list answered {}: {}",
            answer.status,
            String::from_utf8_lossy(answer.body)
        );
        let listed: Page = serde_json::from_slice(answer.body)?;
        let next = listed.next_cursor.context("the list ended")?;
        path = format!("{first}&cursor={next}");
        cursor = Some(next);
    }
    cursor.context("there are too few members")
}
