//! Signing out: here, everywhere, and by the operator.

use std::process::Stdio;

use member_session::{FLASH_COOKIE, Flash, SESSION_COOKIE, UpdateForm};
use secrecy::ExposeSecret as _;
use tokio::process::Command;

use crate::harness::{ALICE, BOB, Browser, TestApp};

const EVERYWHERE: [(&str, &str); 2] = [(UpdateForm::EVERYWHERE, "true"), ("page_language", "en")];

async fn are_signed_in<const N: usize>(app: &TestApp, browsers: [&Browser; N]) -> [bool; N] {
    let mut signed_in = [false; N];
    for (browser, is_signed_in) in browsers.into_iter().zip(&mut signed_in) {
        *is_signed_in = app.session(browser).await.visitor.is_some();
    }
    signed_in
}

#[tokio::test]
async fn whoever_signs_out_everywhere_is_signed_out_in_every_browser() {
    let app = TestApp::start().await;
    let (phone, laptop) = (app.signed_in(ALICE).await, app.signed_in(ALICE).await);
    let other = app.signed_in(BOB).await;
    let answer = phone.post(UpdateForm::LOGOUT_ACTION, &EVERYWHERE).await;
    assert_eq!(answer.location(), "/en/");
    let flash = app.session(&phone).await.flash;
    assert_eq!(flash, [Flash::SignedOutEverywhere]);
    let left = are_signed_in(&app, [&phone, &laptop, &other]).await;
    assert_eq!(left, [false, false, true]);
}

#[tokio::test]
async fn whoever_signs_out_here_stays_signed_in_elsewhere() {
    let app = TestApp::start().await;
    let (phone, laptop) = (app.signed_in(ALICE).await, app.signed_in(ALICE).await);
    phone
        .post(UpdateForm::LOGOUT_ACTION, &EVERYWHERE[1..])
        .await;
    assert_eq!(are_signed_in(&app, [&phone, &laptop]).await, [false, true]);
    // Nor does a form that was drawn for somebody else end more than what it is posted in.
    let again = app.signed_in(ALICE).await;
    let mut forged = EVERYWHERE.to_vec();
    forged.push((UpdateForm::FORM_TOKEN, "another"));
    let answer = again.post_bare(UpdateForm::LOGOUT_ACTION, &forged).await;
    assert_eq!(answer.location(), "/en/");
    assert_eq!(app.session(&again).await.flash, [Flash::SignedOut]);
    assert_eq!(are_signed_in(&app, [&again, &laptop]).await, [false, true]);
}

/// A page that lay open until its session had ended cannot say whose other sessions it means.
#[tokio::test]
async fn whoever_is_signed_out_already_signs_in_first_to_sign_out_everywhere() {
    let app = TestApp::start().await;
    let (phone, laptop) = (app.signed_in(ALICE).await, app.signed_in(ALICE).await);
    let tab = phone.clone();
    let session = phone.cookie(SESSION_COOKIE).unwrap();
    phone
        .post(UpdateForm::LOGOUT_ACTION, &EVERYWHERE[1..])
        .await;
    tab.set_cookie(SESSION_COOKIE, &session);
    tab.drop_cookie(FLASH_COOKIE);
    let answer = tab.post(UpdateForm::LOGOUT_ACTION, &EVERYWHERE).await;
    assert_eq!(answer.location(), "/en/");
    assert_eq!(app.session(&tab).await.flash, [Flash::SignInFirst]);
    assert_eq!(are_signed_in(&app, [&laptop]).await, [true]);
}

/// What the program says to an operator, beside the server that runs.
async fn operator(app: &TestApp, arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO_BIN_EXE_register-server"))
        .arg("sessions")
        .args(arguments)
        .env_clear()
        .env(
            "DATABASE_URL",
            app.config.database.url().unwrap().expose_secret(),
        )
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(done.status.success(), "{said}");
    said.trim().to_owned()
}

#[tokio::test]
async fn an_operator_signs_out_one_person_or_all() {
    let app = TestApp::start().await;
    let (phone, laptop) = (app.signed_in(ALICE).await, app.signed_in(ALICE).await);
    let other = app.signed_in(BOB).await;
    assert_eq!(operator(&app, &["count"]).await, "3 sessions of 2 people");
    let said = operator(&app, &["end", "--person", ALICE]).await;
    assert_eq!(said, "2 sessions ended");
    let left = are_signed_in(&app, [&phone, &laptop, &other]).await;
    assert_eq!(left, [false, false, true], "at once");
    app.signed_in(ALICE).await;
    assert_eq!(operator(&app, &["end", "--all"]).await, "2 sessions ended");
    assert_eq!(are_signed_in(&app, [&other]).await, [false]);
    assert_eq!(operator(&app, &["count"]).await, "0 sessions of 0 people");
}

#[tokio::test]
async fn an_operator_says_whom_to_sign_out() {
    for arguments in [
        &["end"][..],
        &["end", "--person", "alice"],
        &["end", "--all", "--person", ALICE],
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_register-server"))
            .arg("sessions")
            .args(arguments)
            .env_clear()
            .env("DATABASE_URL", "sqlite:///nowhere/at/all.db")
            .output()
            .await
            .unwrap();
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
    }
}
