//! What was agreed to, in which words, and taking it back.

use member_session::{FieldProblem, Flash, FormKind, Language, Offer};
use users_client::Consent;

use crate::harness::{ALICE, TestApp};

/// Holds the consent for `purpose` in `version`.
fn hold(app: &TestApp, purpose: &str, version: &str) {
    app.users.change(ALICE, |member| {
        member.consents.push(Consent {
            purpose: purpose.to_owned(),
            version: version.to_owned(),
            text_digest: Some("0".repeat(64)),
            language: "ja".to_owned(),
            granted: true,
            channel: "website".to_owned(),
            changed_at: app.clock.now(),
        });
    });
}

#[tokio::test]
async fn an_older_consent_is_taken_back_on_its_own() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    for (purpose, version) in [("terms", "1"), ("news", "0"), ("survey", "3")] {
        hold(&app, purpose, version);
    }
    let browser = app.signed_in(ALICE).await;
    // The second is a text of yesterday's, the third is not asked for any more.
    for purpose in ["news", "survey", "news"] {
        let fields = [("purpose", purpose), ("page_language", "th")];
        let answer = browser.post("/member/withdraw", &fields).await;
        assert_eq!(answer.location(), "/th/membership");
        assert_eq!(app.session(&browser).await.flash, [Flash::Saved]);
    }
    let given = app.users.given();
    let taken_back: Vec<_> = given
        .iter()
        .map(|consent| {
            (
                consent.purpose.as_str(),
                consent.version.as_str(),
                consent.granted,
            )
        })
        .collect();
    assert_eq!(taken_back, [("news", "0", false), ("survey", "3", false)]);
    assert_eq!(
        given[0].text_digest,
        Some("0".repeat(64)),
        "of what they had agreed to"
    );
    assert_eq!(given[0].language, "th");
}

#[tokio::test]
async fn what_membership_depends_on_is_taken_back_by_leaving_only() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    hold(&app, "terms", "0");
    let browser = app.signed_in(ALICE).await;
    for purpose in ["terms", "unheard-of", ""] {
        let answer = browser
            .post("/member/withdraw", &[("purpose", purpose)])
            .await;
        assert_eq!(answer.location(), "/en/membership");
    }
    assert_eq!(app.users.given(), []);
}

#[tokio::test]
async fn who_is_no_member_has_nothing_to_take_back() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let answer = browser
        .post("/member/withdraw", &[("purpose", "news")])
        .await;
    assert_eq!(answer.location(), "/en/register");
}

#[tokio::test]
async fn a_service_that_is_away_takes_nothing_back_and_says_so() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    hold(&app, "news", "1");
    let browser = app.signed_in(ALICE).await;
    app.users.fail("consents");
    let answer = browser
        .post("/member/withdraw", &[("purpose", "news")])
        .await;
    assert_eq!(answer.location(), "/en/membership");
    assert_eq!(app.session(&browser).await.flash, [Flash::TryAgain]);
}

#[tokio::test]
async fn nobody_agrees_to_words_that_they_did_not_see() {
    let app = TestApp::start().await;
    let browser = app.signed_in(ALICE).await;
    let offer = Offer::read(None).unwrap();
    let digest = |language| offer.consents[0].text_digest.get(language);
    let fields = |digest| {
        [
            ("display_name", "Alice"),
            ("language", "en"),
            ("page_language", "ja"),
            ("consent.terms", "1"),
            ("text.terms", digest),
        ]
    };
    // The version is the same, the words are not: those of another language, or of another file.
    for shown in [digest(Language::En), "", "nonsense"] {
        let answer = browser.post("/member", &fields(shown)).await;
        assert_eq!(answer.location(), "/ja/register");
        let form = app
            .drawn(&browser, Some(FormKind::Register))
            .await
            .form
            .unwrap();
        assert_eq!(form.errors[0].problem, FieldProblem::Outdated);
    }
    let answer = browser.post("/member", &fields(digest(Language::Ja))).await;
    assert_eq!(answer.location(), "/ja/welcome");
    let registered = app.users.registered();
    let agreed = &registered[0].consents[0];
    assert_eq!(agreed.text_digest.as_deref(), Some(digest(Language::Ja)));
}

#[tokio::test]
async fn the_page_with_the_form_is_told_what_was_ever_agreed_to() {
    let app = TestApp::start().await;
    app.users.add(ALICE);
    hold(&app, "news", "1");
    let browser = app.signed_in(ALICE).await;
    let membership = app.session(&browser).await.membership.unwrap();
    assert!(membership.history.is_empty());
    assert_eq!(
        app.journal.count("history"),
        0,
        "no other page waits for it"
    );
    let session = app.drawn(&browser, Some(FormKind::Update)).await;
    assert_eq!(session.membership.unwrap().history[0].purpose, "news");
}
