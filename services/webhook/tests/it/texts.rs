//! What people read, and in which language.

use webhook::bot::{Language, Phrase};

use crate::events::{event, follow, group, mention, sticker, text};
use crate::harness::{ALICE, BOB, Health, LINK, TestApp};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_stranger_reads_exactly_this() {
    let app = TestApp::start().await;
    app.deliver([
        text(1, BOB, "hello"),
        sticker(2, &crate::events::user(BOB)),
        follow(3, BOB),
    ])
    .await;
    for reply in app.line.replies.wait(3).await {
        assert_eq!(
            reply.text(),
            format!("You are not our members, please join us in {LINK}")
        );
    }
}

#[tokio::test]
async fn everyone_reads_exactly_this_while_members_cannot_be_told() {
    let app = TestApp::start_with(|config| config.look_up_limit = Duration::from_millis(300)).await;
    app.users.feel(Health::Failing(500));
    app.deliver([text(1, ALICE, "hello"), text(2, BOB, "hello")])
        .await;
    for reply in app.line.replies.wait(2).await {
        assert_eq!(reply.text(), "Something went wrong! Sorry.");
    }
}

/// Were each to wait for its own look-up to fail, most would outlive their reply tokens.
#[tokio::test]
async fn in_an_outage_hundreds_are_told_soon() {
    let app = TestApp::start_with(|config| config.look_up_limit = Duration::from_secs(2)).await;
    app.users.feel(Health::Failing(500));
    let people = (0..200).map(|number| (number, format!("U{number:032x}")));
    app.deliver(people.map(|(number, person)| text(number, &person, "hello")))
        .await;
    // At two seconds for each sixteen they would take twenty-five.
    for reply in app.line.replies.wait(200).await {
        assert_eq!(reply.text(), "Something went wrong! Sorry.");
    }
    app.users.feel(Health::Well);
    app.deliver([text(200, BOB, "and now?")]).await;
    assert!(app.line.replies.wait(201).await[200].text().contains(LINK));
}

#[tokio::test]
async fn the_member_s_language_comes_first_then_the_profile_s_then_the_bot_s() {
    let app = TestApp::start_with(|config| config.bot_language = Language::Th).await;
    let (carol, dave, erin, frank) = (
        "Ucccccccccccccccccccccccccccccccc",
        "Udddddddddddddddddddddddddddddddd",
        "Ueeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        "Uffffffffffffffffffffffffffffffff",
    );
    app.users.add_member(carol, Some("ja-JP"));
    app.users.add_member(dave, Some("fr"));
    app.line.languages.lock().unwrap().extend([
        (carol.to_owned(), "en"),
        (dave.to_owned(), "zh-Hant"),
        (erin.to_owned(), "zh-TW"),
    ]);
    // The website opens in the language of whoever taps the link, if anybody knows it.
    let chinese = &format!("{LINK}?lang=zh-TW");
    for (id, person, phrase, language, link) in [
        (1, carol, Phrase::WelcomeBack, Language::Ja, LINK),
        (2, dave, Phrase::WelcomeBack, Language::ZhTw, LINK),
        (3, erin, Phrase::JoinUs, Language::ZhTw, chinese),
        (4, frank, Phrase::JoinUs, Language::Th, LINK),
    ] {
        app.deliver([follow(id, person)]).await;
        let reply = app
            .line
            .replies
            .wait(usize::try_from(id).unwrap())
            .await
            .pop()
            .unwrap();
        assert_eq!(
            reply.text(),
            phrase.in_language(language, link),
            "{language}"
        );
    }
    assert!(
        !app.line.profiles.all().contains(&carol.to_owned()),
        "nobody asks for what is known"
    );
}

#[tokio::test]
async fn a_group_reads_one_line_on_how_to_register() {
    let app = TestApp::start().await;
    app.deliver([event(1, "join", &group(None), json!({}))])
        .await;
    let reply = app.line.replies.wait(1).await.remove(0);
    assert!(reply.text().ends_with(LINK) && !reply.text().contains('\n'));
    assert!(app.users.look_ups.all().is_empty() && app.line.profiles.all().is_empty());
}

/// In a group, whoever taps the link is not the one who asked.
#[tokio::test]
async fn a_group_reads_a_link_for_everybody() {
    let app = TestApp::start().await;
    let languages = app.line.languages.lock();
    languages.unwrap().insert(BOB.to_owned(), "ja");
    app.deliver([mention(1, &group(Some(BOB)), true)]).await;
    let reply = app.line.replies.wait(1).await.remove(0);
    assert_eq!(reply.text(), Phrase::JoinUs.in_language(Language::Ja, LINK));
}

#[tokio::test]
async fn a_member_s_very_long_text_comes_back_in_pieces() {
    let app = TestApp::start().await;
    let long = "😀".repeat(4000);
    app.deliver([text(1, ALICE, &long)]).await;
    let reply = app.line.replies.wait(1).await.remove(0);
    assert_eq!(reply.texts.concat(), long);
    assert!(
        reply
            .texts
            .iter()
            .all(|text| text.encode_utf16().count() <= 5000)
    );
}

#[test]
fn every_phrase_exists_in_every_language() {
    for phrase in [
        Phrase::JoinUs,
        Phrase::WelcomeBack,
        Phrase::HowToRegister,
        Phrase::WentWrong,
    ] {
        let texts = Language::ALL.map(|language| phrase.in_language(language, LINK));
        for (language, text) in Language::ALL.into_iter().zip(&texts) {
            let led = matches!(phrase, Phrase::JoinUs | Phrase::HowToRegister);
            assert_eq!(text.ends_with(LINK), led, "{language}");
            assert_eq!(
                texts.iter().filter(|other| *other == text).count(),
                1,
                "{language}"
            );
        }
    }
}
