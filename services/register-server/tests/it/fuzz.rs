//! Whatever is sent: nothing breaks, nobody is signed in who did not sign in, and no address leads elsewhere. A failure
//! says how to see the same run again.

use http::Method;
use member_session::{Language, Page, SignInFailure};
use testkit::seed::{Chances, Seeded, seeds};

use crate::harness::{ALICE, Answer, Browser, PUBLIC_URL, TestApp};

/// Requests of one run.
const BUDGET: usize = 600;

/// Pieces that mean something somewhere.
const PIECES: [&str; 40] = [
    "",
    "&",
    "=",
    "%",
    "%00",
    "%0d%0a",
    "%ff",
    "+",
    "%2f",
    "/",
    "//",
    "\\",
    "..",
    "#",
    "?",
    ";",
    "a",
    "U",
    "0",
    "\"",
    "'",
    "<script>",
    "javascript:",
    "https://evil.example",
    "state",
    "code",
    "error",
    "iss",
    "lang",
    "next",
    "without_auto_login",
    "true",
    "zh-TW",
    "en",
    "/en/leave",
    "ACCESS_DENIED",
    "https://access.line.me",
    "friendship_status_changed",
    "%E4%BD%A0",
    "🦊",
];

/// Some text: of pieces, of `own` ones more often than others.
fn text(chances: &mut Chances, own: &[&str]) -> String {
    let mut text = String::new();
    for _ in 0..chances.below(12) {
        if chances.happens(30) && !own.is_empty() {
            text.push_str(pick(chances, own));
        } else if chances.happens(10) {
            let length = usize::try_from(chances.below(3000)).unwrap();
            text.push_str(&pick(chances, &PIECES).repeat(length / 8));
        } else {
            text.push_str(pick(chances, &PIECES));
        }
    }
    // What cannot stand in a request line would be refused before anybody reads it.
    text.chars()
        .filter(|c| c.is_ascii_graphic() && !"#<>\"\\^`{|}".contains(*c))
        .collect()
}

fn pick<'t>(chances: &mut Chances, of: &[&'t str]) -> &'t str {
    of[usize::try_from(chances.below(of.len() as u64)).unwrap()]
}

/// A query: pairs with these names, and whatever else.
fn query(chances: &mut Chances, names: &[&str], own: &[&str]) -> String {
    let pairs: Vec<String> = (0..chances.below(6))
        .map(|_| match chances.below(10) {
            0 => text(chances, own),
            1 => format!("{}={}", text(chances, own), text(chances, own)),
            _ => format!("{}={}", pick(chances, names), text(chances, own)),
        })
        .collect();
    pairs.join("&")
}

/// The pages that a sign-in may lead to.
fn is_a_page_of_ours(path: &str) -> bool {
    let failed = SignInFailure::ALL.map(Page::SignInFailed);
    let pages = [Page::Home, Page::Register, Page::Membership, Page::Leave];
    Language::ALL.into_iter().any(|language| {
        let mut pages = pages.iter().chain(&failed);
        pages.any(|page| page.path(language) == path)
    })
}

#[track_caller]
fn assert_is_line(app: &TestApp, answer: &Answer) {
    let page = answer.line_page();
    let expected = app.line.url.join("/oauth2/v2.1/authorize").unwrap();
    assert_eq!(
        (page.origin(), page.path()),
        (expected.origin(), expected.path())
    );
    assert_eq!(
        answer.parameter("redirect_uri"),
        format!("{PUBLIC_URL}/auth/callback")
    );
    assert_eq!(answer.parameter("state").len(), 64);
}

async fn app() -> TestApp {
    TestApp::start_with(|config| config.sign_ins_per_minute = 10_000).await
}

#[tokio::test]
async fn no_query_sends_a_login_elsewhere() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let app = app().await;
    let browser = app.browser();
    for _ in 0..BUDGET {
        let names = [
            "lang",
            "next",
            "without_auto_login",
            "redirect_uri",
            "state",
        ];
        let query = query(&mut run.chances, &names, &["en", "/en/leave", "true"]);
        let answer = browser.get(&format!("/auth/login?{query}")).await;
        assert_eq!(answer.status, 303, "{query}");
        assert_is_line(&app, &answer);
    }
}

#[tokio::test]
async fn no_query_signs_anybody_in() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let app = app().await;
    let browser = app.browser();
    let started = browser.get("/auth/login?lang=en").await;
    let code = app.line.consent(&started.line_page(), ALICE);
    let state = started.parameter("state");
    let stranger = app.browser();
    for _ in 0..BUDGET {
        let names = ["code", "state", "error", "iss", "friendship_status_changed"];
        let query = query(
            &mut run.chances,
            &names,
            &[&code, &state, "https://access.line.me"],
        );
        // Whoever has it all, and is another browser.
        let answer = stranger.get(&format!("/auth/callback?{query}")).await;
        assert!(is_a_page_of_ours(answer.location()), "{query}");
        assert!(
            answer.set_cookie("__Host-kaiin-session").is_none(),
            "{query}"
        );
        // And the right one, without its state.
        let query = query.replace(&state, "state");
        let answer = browser.get(&format!("/auth/callback?{query}")).await;
        assert!(is_a_page_of_ours(answer.location()), "{query}");
    }
    assert_eq!(app.journal.count("token"), 0);
    let answer = app.come_back(&browser, &started, &code).await;
    assert_eq!(
        answer.location(),
        "/en/register",
        "none of it used the attempt up"
    );
}

#[tokio::test]
async fn no_next_leads_elsewhere() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let own = ["/en/leave", "/ja/membership", "/", "en", "leave"];
    for _ in 0..50 * BUDGET {
        let path = text(&mut run.chances, &own);
        let Some(page) = Page::sought(&path) else {
            continue;
        };
        let exact = Language::ALL
            .into_iter()
            .any(|language| page.path(language) == path);
        assert!(exact, "{path}");
    }
}

#[tokio::test]
async fn no_cookie_is_anybody() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let app = app().await;
    let signed_in = app.signed_in(ALICE).await;
    let id = signed_in.cookie("__Host-kaiin-session").unwrap();
    let half = &id[..20];
    let nobody = Browser::new(app.browser().url());
    for _ in 0..BUDGET {
        let names = [
            "__Host-kaiin-session",
            "__Host-kaiin-login",
            "__Host-kaiin-flash",
            "kaiin-session",
        ];
        let own = [half, "saved", ".en", "=", "; "];
        let jar: Vec<_> = (0..run.chances.below(5))
            .map(|_| {
                format!(
                    "{}={}",
                    pick(&mut run.chances, &names),
                    text(&mut run.chances, &own)
                )
            })
            .collect();
        let request = nobody
            .request(Method::GET, "/member/session?form=update")
            .header("cookie", jar.join("; "));
        let answer = nobody.send(request).await;
        assert!([200, 431].contains(&answer.status.as_u16()), "{jar:?}");
        assert!(!answer.text().contains("Canary"), "{jar:?}");
    }
    assert!(app.session(&signed_in).await.visitor.is_some());
}

#[tokio::test]
async fn no_form_from_elsewhere_and_no_odd_form_breaks_anything() {
    let mut run = Seeded::new(seeds(1).next().unwrap());
    let app = app().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.session(&browser).await;
    for _ in 0..BUDGET / 4 {
        let chances = &mut run.chances;
        let names = [
            "display_name",
            "language",
            "consent.terms",
            "page_language",
            "form_token",
        ];
        let body = query(chances, &names, &["en", "1"]);
        let path = pick(
            chances,
            &["/member", "/member/update", "/member/leave", "/auth/logout"],
        );
        let origin = text(chances, &[PUBLIC_URL]);
        let request = browser
            .request(Method::POST, path)
            .header("origin", &origin)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.clone());
        let answer = browser.send(request).await;
        assert!(
            origin == PUBLIC_URL || answer.status == 403,
            "{path} {origin}"
        );
        // Our own page's, and without the token that it would carry.
        if path != "/auth/logout" {
            let request = browser
                .request(Method::POST, path)
                .header("origin", PUBLIC_URL)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.clone());
            let answer = browser.send(request).await;
            assert!(
                [303, 400, 413].contains(&answer.status.as_u16()),
                "{path} {body}: {}",
                answer.status
            );
        }
    }
    assert_eq!(app.journal.count("leave") + app.journal.count("erase"), 0);
    assert!(app.users.get(ALICE).is_some());
}
