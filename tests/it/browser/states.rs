//! What a visitor sees seldom: a website between a stand-in for register-server, which says what a test wants.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use member_session::{
    Consent, FieldError, FieldProblem, Flash, Form, Friendship, Language, Membership, QuietHours,
    Session, UpdateForm, Visitor,
};
use testkit::browser::Browser;
use testkit::port;
use testkit::process::{Process, Program};
use tokio::net::TcpListener;

use super::brand;
use super::walk::Walk;

/// 2026-08-07 16:30 UTC.
const REGISTERED_AT: i64 = 1_786_120_200_000;
/// As long as a name may be.
const LONG_NAME: &str = "Wolfeschlegelsteinhausenbergerdorffwelchevoraltern";

#[tokio::test]
async fn no_seldom_page_keeps_anybody_out() -> anyhow::Result<()> {
    let stand_in = StandIn::start().await?;
    let browser = Browser::start().await?;
    let walk = Walk::through(stand_in.website.parse()?, &browser);
    walk.open("en/").await?;
    // Whoever has none is not asked about.
    browser
        .run("document.cookie = '__Host-kaiin-session=abc; Path=/; Secure'")
        .await?;
    for lang in Language::ALL.map(Language::tag) {
        see_what_went_wrong(&stand_in, &walk, lang).await?;
        see_the_news(&stand_in, &walk, lang).await?;
        see_a_membership_at_its_fullest(&stand_in, &walk, lang).await?;
    }
    Ok(())
}

async fn see_what_went_wrong(
    stand_in: &StandIn,
    walk: &Walk<'_>,
    lang: &str,
) -> anyhow::Result<()> {
    for (name, status) in [("unavailable", 503), ("too-many", 429)] {
        stand_in.fails(status);
        walk.open(&format!("{lang}/membership")).await?;
        walk.look(&format!("{name}-{lang}")).await?;
    }
    stand_in.says(&Session::default());
    walk.open(&format!("{lang}/terms")).await?;
    let post = "const form = document.body.appendChild(document.createElement('form'));
                form.method = 'post'; form.submit();";
    walk.browser.run(post).await?;
    walk.browser.find("main .emblem").await?;
    walk.look(&format!("wrong-method-{lang}")).await
}

/// All of it at once.
async fn see_the_news(stand_in: &StandIn, walk: &Walk<'_>, lang: &str) -> anyhow::Result<()> {
    stand_in.says(&Session {
        flash: Flash::ALL.to_vec(),
        ..Session::default()
    });
    walk.open(&format!("{lang}/")).await?;
    walk.look(&format!("home-news-{lang}")).await
}

async fn see_a_membership_at_its_fullest(
    stand_in: &StandIn,
    walk: &Walk<'_>,
    lang: &str,
) -> anyhow::Result<()> {
    for (name, friendship) in [
        ("stranger", Friendship::Unknown),
        ("blocked", Friendship::Blocked),
    ] {
        stand_in.says(&member(friendship));
        walk.open(&format!("{lang}/welcome")).await?;
        walk.look(&format!("welcome-{name}-{lang}")).await?;
    }
    // What they agreed to has a newer text, and the form came back with everything wrong in it.
    let wrong = |field: &str, problem| FieldError {
        field: field.to_owned(),
        problem,
    };
    let errors = vec![
        wrong("display_name", FieldProblem::TooLong),
        wrong(UpdateForm::TIME_ZONE, FieldProblem::Missing),
        wrong(UpdateForm::QUIET_UNTIL, FieldProblem::Invalid),
        wrong("consent.terms", FieldProblem::Outdated),
        wrong("consent.news", FieldProblem::Outdated),
    ];
    stand_in.says(&Session {
        form: Some(Form {
            values: [("display_name".to_owned(), LONG_NAME.repeat(2))].into(),
            errors,
        }),
        ..member(Friendship::Blocked)
    });
    walk.open(&format!("{lang}/membership")).await?;
    walk.look(&format!("membership-fullest-{lang}")).await
}

/// Somebody with a long name who agreed to earlier texts.
fn member(friendship: Friendship) -> Session {
    let consent = |purpose: &str, granted| Consent {
        purpose: purpose.to_owned(),
        version: "0".to_owned(),
        granted,
        changed_at: REGISTERED_AT,
    };
    let consents = vec![
        consent("terms", true),
        consent("news", true),
        consent("gone", false),
    ];
    Session {
        visitor: Some(Visitor { display_name: None }),
        membership: Some(Membership {
            display_name: LONG_NAME.to_owned(),
            language: Language::Th,
            registered_at: REGISTERED_AT,
            friendship,
            history: consents.clone(),
            consents,
            topics: Vec::new(),
            // Not one of those that are offered.
            time_zone: Some("America/Argentina/ComodRivadavia".to_owned()),
            quiet_hours: Some(QuietHours {
                from: "22:10".to_owned(),
                until: "06:50".to_owned(),
            }),
        }),
        form_token: Some("token".to_owned()),
        ..Session::default()
    }
}

/// The real register-client before a register-server that says what it is told to.
struct StandIn {
    website: String,
    answer: Answer,
    _process: Process,
    _brand: tempfile::TempDir,
}

type Answer = Arc<Mutex<(StatusCode, String)>>;

impl StandIn {
    async fn start() -> anyhow::Result<Self> {
        let answer: Answer = Arc::default();
        let router = Router::new()
            .route("/member/session", get(say))
            .with_state(Arc::clone(&answer));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let register_server = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });

        let local = |port: u16| format!("127.0.0.1:{port}");
        let (public, internal) = (local(port::free()), local(port::free()));
        let website = format!("http://{public}/");
        let (brand, file) = brand::folder()?;
        let mut process = Program::named("register-client")
            .env("LISTEN_ADDR", &public)
            .env("INTERNAL_ADDR", &internal)
            .env("REGISTER_SERVER", register_server)
            .env("PUBLIC_URL", &website)
            .env("BRAND", file.display().to_string())
            .env("PROFILE", "dev")
            .env("RUST_LOG", "error")
            .start()?;
        process.wait_ready(internal.parse()?)?;
        Ok(Self {
            website,
            answer,
            _process: process,
            _brand: brand,
        })
    }

    fn says(&self, session: &Session) {
        let document = serde_json::to_string(session).unwrap();
        *self.answer.lock().unwrap() = (StatusCode::OK, document);
    }

    fn fails(&self, status: u16) {
        let status = StatusCode::from_u16(status).unwrap();
        *self.answer.lock().unwrap() = (status, String::new());
    }
}

async fn say(State(answer): State<Answer>) -> (StatusCode, String) {
    answer.lock().unwrap().clone()
}
