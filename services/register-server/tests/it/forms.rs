//! Registering, and changing a membership.

use member_session::{FieldError, FieldProblem, Flash, Form, FormKind, Language, Offer};
use problem::Problem;
use users_client::{Consent, GiveConsent};

use crate::harness::{ALICE, BOB, Browser, TestApp};

const GOOD: [(&str, &str); 5] = [
    ("display_name", "Alice 花子"),
    ("language", "ja"),
    ("consent.terms", "1"),
    ("consent.news", "1"),
    ("page_language", "zh-TW"),
];

fn without(field: &str) -> Vec<(&'static str, &'static str)> {
    GOOD.into_iter()
        .filter(|(name, _)| *name != field)
        .collect()
}

fn with(field: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields = without(field);
    fields.push((field, value));
    fields
}

fn error(field: &str, problem: FieldProblem) -> FieldError {
    FieldError {
        field: field.to_owned(),
        problem,
    }
}

/// Of the text of Kaiin's own consent for `purpose`, as somebody reads it in Taiwan.
fn digest(purpose: &str) -> String {
    let offer = Offer::read(None).unwrap();
    let consent = offer.consent(purpose).unwrap();
    consent.text_digest.get(Language::ZhTw).to_owned()
}

/// The form as the page for it shows it again.
async fn form(app: &TestApp, browser: &Browser, kind: FormKind) -> Form {
    app.drawn(browser, Some(kind)).await.form.unwrap()
}

#[tokio::test]
async fn a_stranger_becomes_a_member() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let answer = browser.post("/member", &GOOD).await;
    assert_eq!(answer.location(), "/zh-TW/welcome");
    let registered = &app.users.registered()[0];
    assert_eq!(registered.luid, ALICE);
    assert_eq!(registered.display_name, "Alice 花子");
    assert_eq!(registered.language.as_deref(), Some("ja"));
    assert_eq!(
        registered.picture_url.as_deref(),
        Some("https://profile.line-scdn.net/canary")
    );
    assert_eq!(registered.signed_in_at, Some(app.clock.now()));
    let consent = |purpose: &str| GiveConsent {
        purpose: purpose.to_owned(),
        version: "1".to_owned(),
        text_digest: Some(digest(purpose)),
        language: "zh-TW".to_owned(),
        granted: true,
        channel: "website".to_owned(),
    };
    assert_eq!(registered.consents, [consent("terms"), consent("news")]);
    let membership = app.session(&browser).await.membership.unwrap();
    assert_eq!(membership.display_name, "Alice 花子");
    assert_eq!(membership.language, Language::Ja);
    assert!(membership.consents.iter().all(|consent| consent.granted));
}

#[tokio::test]
async fn an_unticked_consent_is_not_given() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser
        .post("/member", &without("consent.news"))
        .await
        .location();
    let purposes: Vec<_> = app.users.registered()[0]
        .consents
        .iter()
        .map(|consent| consent.purpose.clone())
        .collect();
    assert_eq!(purposes, ["terms"]);
}

#[tokio::test]
async fn whoever_is_a_member_already_is_told_so() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    app.users.add(ALICE);
    let answer = browser.post("/member", &GOOD).await;
    assert_eq!(answer.location(), "/zh-TW/membership");
    assert_eq!(app.session(&browser).await.flash, [Flash::AlreadyMember]);
}

#[tokio::test]
async fn a_form_with_errors_comes_back_as_it_was_once() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let answer = browser
        .post(
            "/member",
            &[
                ("display_name", "  "),
                ("language", "xx"),
                ("consent.news", "0"),
                ("unknown", "dropped"),
                ("page_language", "th"),
            ],
        )
        .await;
    assert_eq!(answer.location(), "/th/register");
    assert_eq!(app.journal.count("register"), 0);
    let form = form(&app, &browser, FormKind::Register).await;
    assert_eq!(
        form.errors,
        [
            error("display_name", FieldProblem::Missing),
            error("language", FieldProblem::Invalid),
            error("consent.terms", FieldProblem::Missing),
            error("consent.news", FieldProblem::Outdated),
        ]
    );
    let values: Vec<_> = form
        .values
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        values,
        [
            ("consent.news", "0"),
            ("display_name", "  "),
            ("language", "xx")
        ]
    );
    let again = app.drawn(&browser, Some(FormKind::Register)).await;
    assert!(again.form.is_none(), "told once");
}

#[tokio::test]
async fn names_are_judged_by_the_members_api() {
    let long: &'static str = "長".repeat(51).leak();
    for (name, problem) in [
        (long, FieldProblem::TooLong),
        ("a\u{202e}b", FieldProblem::Invalid),
    ] {
        let app = TestApp::start().await;
        let browser = app.signed_in(ALICE).await;
        app.users.refuse_field("/display_name");
        let answer = browser.post("/member", &with("display_name", name)).await;
        assert_eq!(answer.location(), "/zh-TW/register");
        let form = form(&app, &browser, FormKind::Register).await;
        assert_eq!(form.errors, [error("display_name", problem)]);
        assert_eq!(form.values["display_name"], name);
    }
}

#[tokio::test]
async fn a_refusal_that_the_visitor_cannot_mend_is_ours() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    app.users.refuse_field("/luid");
    browser.post("/member", &GOOD).await.location();
    let session = app.drawn(&browser, Some(FormKind::Register)).await;
    assert_eq!(session.flash, [Flash::TryAgain]);
    assert!(session.form.unwrap().errors.is_empty());
}

#[tokio::test]
async fn a_members_api_that_is_away_keeps_the_form() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    app.users.fail("register");
    let answer = browser.post("/member", &GOOD).await;
    assert_eq!(answer.location(), "/zh-TW/register");
    let session = app.drawn(&browser, Some(FormKind::Register)).await;
    assert_eq!(session.flash, [Flash::TryAgain]);
    assert_eq!(session.form.unwrap().values["display_name"], "Alice 花子");
    app.users.recover();
    assert_eq!(
        browser.post("/member", &GOOD).await.location(),
        "/zh-TW/welcome"
    );
}

#[tokio::test]
async fn whoever_left_after_signing_in_here_signs_in_again() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    app.users
        .refuse(Problem::conflict("signed-in-before-leaving"));
    assert_eq!(browser.post("/member", &GOOD).await.location(), "/zh-TW/");
    let session = app.session(&browser).await;
    assert!(session.visitor.is_none());
    assert_eq!(session.flash, [Flash::SignInFirst]);
}

#[tokio::test]
async fn forms_need_a_session() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    // Back to the page that the form was on: it sends them on to sign in, and they come back to it.
    for (path, page) in [
        ("/member", "/zh-TW/register"),
        ("/member/update", "/zh-TW/membership"),
        ("/member/withdraw", "/zh-TW/membership"),
        ("/member/download", "/zh-TW/membership"),
        ("/member/leave", "/zh-TW/leave"),
    ] {
        let browser = app.browser();
        let answer = browser.post(path, &GOOD).await;
        assert_eq!(answer.location(), page, "{path}");
        assert_eq!(app.session(&browser).await.flash, [Flash::SignInFirst]);
    }
    assert_eq!(app.journal.entries(), [""; 0]);
}

#[tokio::test]
async fn a_member_changes_what_differs() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser.post("/member", &GOOD).await.location();

    assert_eq!(
        browser.post("/member/update", &GOOD).await.location(),
        "/zh-TW/membership"
    );
    assert_eq!(app.session(&browser).await.flash, [Flash::Saved]);
    assert_eq!(
        app.journal.count("update") + app.journal.count("consents"),
        0,
        "nothing differs"
    );

    browser
        .post("/member/update", &with("display_name", "Alicia"))
        .await
        .location();
    let membership = app.session(&browser).await.membership.unwrap();
    assert_eq!(membership.display_name, "Alicia");
    assert_eq!(membership.language, Language::Ja);
    assert_eq!(app.journal.count("consents"), 0);

    let unticked = [
        ("display_name", "Alicia"),
        ("language", "th"),
        ("shown.news", "1"),
        ("shown.terms", "1"),
        ("page_language", "en"),
    ];
    browser.post("/member/update", &unticked).await.location();
    let membership = app.session(&browser).await.membership.unwrap();
    assert_eq!(membership.language, Language::Th);
    let [news] = &app.users.given()[..] else {
        panic!("news was withdrawn, terms stand until they leave");
    };
    assert_eq!((news.purpose.as_str(), news.granted), ("news", false));
    assert_eq!((news.version.as_str(), news.language.as_str()), ("1", "en"));
}

#[tokio::test]
async fn a_newer_text_is_agreed_to_anew() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    app.users.change(ALICE, |member| {
        member.consents = vec![Consent {
            purpose: "terms".to_owned(),
            version: "0".to_owned(),
            text_digest: None,
            language: "en".to_owned(),
            granted: true,
            channel: "website".to_owned(),
            changed_at: app.clock.now(),
        }];
    });
    let browser = app.signed_in(ALICE).await;
    let fields = |version| [("language", "en"), ("consent.terms", version)];
    browser
        .post("/member/update", &fields("0"))
        .await
        .location();
    assert_eq!(app.users.given(), [], "ticked as it stands");
    browser
        .post("/member/update", &fields("2"))
        .await
        .location();
    let outdated = error("consent.terms", FieldProblem::Outdated);
    assert_eq!(
        form(&app, &browser, FormKind::Update).await.errors,
        [outdated]
    );
    browser
        .post("/member/update", &fields("1"))
        .await
        .location();
    assert_eq!(app.users.given()[0].version, "1");
}

#[tokio::test]
async fn a_change_with_errors_comes_back() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    let browser = app.signed_in(ALICE).await;
    app.users.refuse_field("/display_name");
    let fields = [
        ("display_name", ""),
        ("language", "en"),
        ("page_language", "en"),
    ];
    assert_eq!(
        browser.post("/member/update", &fields).await.location(),
        "/en/membership"
    );
    let missing = error("display_name", FieldProblem::Missing);
    assert_eq!(
        form(&app, &browser, FormKind::Update).await.errors,
        [missing]
    );

    app.users.fail("update");
    let fields = [("display_name", "Alicia"), ("language", "en")];
    assert_eq!(
        browser.post("/member/update", &fields).await.location(),
        "/en/membership"
    );
    let session = app.drawn(&browser, Some(FormKind::Update)).await;
    assert_eq!(session.flash, [Flash::TryAgain]);
    assert_eq!(session.form.unwrap().values["display_name"], "Alicia");
}

#[tokio::test]
async fn a_stranger_has_nothing_to_change() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    assert_eq!(
        browser.post("/member/update", &GOOD).await.location(),
        "/zh-TW/register"
    );
    app.users.add(BOB);
    let gone = app.signed_in(BOB).await;
    app.users.delete(BOB);
    assert_eq!(
        gone.post("/member/update", &GOOD).await.location(),
        "/zh-TW/"
    );
    assert_eq!(app.session(&gone).await.flash, [Flash::SignInFirst]);
}

#[tokio::test]
async fn what_was_not_shown_ticked_is_not_withdrawn() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser.post("/member", &GOOD).await.location();
    // The page showed no box, or one for another text.
    let fields = [("display_name", "Alicia"), ("language", "ja")];
    assert_eq!(
        browser.post("/member/update", &fields).await.location(),
        "/en/membership"
    );
    assert_eq!(app.users.get(ALICE).unwrap().display_name, "Alicia");
    assert_eq!(app.users.given(), []);
}

#[tokio::test]
async fn a_withdrawal_survives_an_error_beside_it() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser.post("/member", &GOOD).await.location();
    let fields = [("language", "xx"), ("shown.news", "1")];
    browser.post("/member/update", &fields).await.location();
    let form = form(&app, &browser, FormKind::Update).await;
    assert_eq!(form.values["shown.news"], "1");
    assert!(!form.values.contains_key("consent.news"));
}

#[tokio::test]
async fn a_refused_form_waits_for_the_page_that_shows_it() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    browser
        .post("/member", &without("display_name"))
        .await
        .location();
    for other in [None, Some(FormKind::Update)] {
        assert!(app.drawn(&browser, other).await.form.is_none());
    }
    let form = form(&app, &browser, FormKind::Register).await;
    let missing = error("display_name", FieldProblem::Missing);
    assert_eq!(form.errors, [missing]);
}

#[tokio::test]
async fn a_refused_form_never_outgrows_the_document() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    app.users.refuse_field("/display_name");
    // Each of these is six bytes of JSON.
    let name = "\u{1}".repeat(5000);
    browser
        .post("/member", &[("language", &name)])
        .await
        .location();
    let document = browser.get("/member/session?form=register").await;
    assert!(document.body.len() < 8 * 1024, "{}", document.body.len());
    let session: member_session::Session = serde_json::from_slice(&document.body).unwrap();
    assert_eq!(session.form.unwrap().values["language"].len(), 200);
}

#[tokio::test]
async fn a_form_acts_for_nobody_but_the_person_it_was_drawn_for() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    app.users.add(BOB);
    let browser = app.signed_in(ALICE).await;
    let alices = app.session(&browser).await.form_token.unwrap();
    app.sign_in(&browser, BOB).await;
    let bobs = app.session(&browser).await.form_token.unwrap();
    assert_ne!(alices, bobs);
    let calls = app.journal.entries();
    for form_token in [alices.as_str(), "", &bobs[1..], &format!("{bobs}A")] {
        for (path, page) in [
            ("/member", "/en/register"),
            ("/member/update", "/en/membership"),
            ("/member/withdraw", "/en/membership"),
            ("/member/download", "/en/membership"),
            ("/member/leave", "/en/leave"),
        ] {
            let fields = [
                ("display_name", "Alicia"),
                ("language", "th"),
                ("consent.terms", "1"),
                ("form_token", form_token),
            ];
            let given = if form_token.is_empty() { 3 } else { 4 };
            let answer = browser.post_bare(path, &fields[..given]).await;
            assert_eq!(answer.location(), page);
            assert!(
                answer
                    .set_cookie("__Host-kaiin-flash")
                    .unwrap()
                    .contains("=other_visitor;")
            );
        }
    }
    assert_eq!(app.journal.entries(), calls, "nobody was asked anything");
    let session = app.drawn(&browser, Some(FormKind::Update)).await;
    assert_eq!(session.flash, [Flash::OtherVisitor]);
    assert!(
        session.form.is_none(),
        "what Alice typed is not Bob's to see"
    );
    assert_eq!(
        browser.post("/member/leave", &[]).await.location(),
        "/en/goodbye"
    );
    assert!(app.users.get(ALICE).is_some() && app.users.get(BOB).is_none());
}
