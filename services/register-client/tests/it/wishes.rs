use std::collections::BTreeMap;

use member_session::{FieldError, FieldProblem, Form, QuietHours, Session};

use crate::harness::{Website, consent, member};

/// What the page says between two marks.
fn between<'h>(html: &'h str, from: &str, until: &str) -> &'h str {
    let rest = html
        .split(from)
        .nth(1)
        .unwrap_or_else(|| panic!("no {from} in {html}"));
    rest.split(until).next().unwrap()
}

#[tokio::test]
async fn topics_are_shown_as_they_stand_and_only_those_that_are_offered() {
    let website = Website::start().await;
    let mut session = member("Alice");
    session.membership.as_mut().unwrap().topics = vec!["offers".to_owned(), "gone".to_owned()];
    website.register_server.says(&session);
    let page = website.get("/en/membership").await;
    page.says("<label for=\"topic.events\">Events of Kaiin</label>");
    assert!(!between(&page.html, "name=\"topic.events\"", "<label").contains("checked"));
    page.says_not("name=\"shown.topic.events\"");
    assert!(between(&page.html, "name=\"topic.offers\"", "<label").contains(" checked"));
    page.says("type=\"hidden\" name=\"shown.topic.offers\" value=\"yes\"");
    page.says_not("gone");
}

#[tokio::test]
async fn quiet_hours_and_zone_are_shown_as_they_stand() {
    let website = Website::start().await;
    let mut session = member("Alice");
    let membership = session.membership.as_mut().unwrap();
    membership.time_zone = Some("America/New_York".to_owned());
    membership.quiet_hours = Some(QuietHours {
        from: "22:15".to_owned(),
        until: "07:00".to_owned(),
    });
    website.register_server.says(&session);
    let page = website.get("/en/membership").await;
    page.says("<option value=\"America/New_York\" selected>New York (UTC\u{2212}4)</option>");
    let from = between(&page.html, "name=\"quiet_from\"", "</select>");
    assert!(from.contains("<option selected>22:15</option>"), "{from}");
    let until = between(&page.html, "name=\"quiet_until\"", "</select>");
    assert!(until.contains("<option selected>07:00</option>"), "{until}");
    assert!(!until.contains("22:15"), "{until}");

    session.membership.as_mut().unwrap().time_zone = Some("America/Port_of_Spain".to_owned());
    website.register_server.says(&session);
    let page = website.get("/ja/membership").await;
    page.says("selected>America/Port of Spain (UTC\u{2212}4)</option>");
}

#[tokio::test]
async fn who_never_chose_a_zone_is_shown_the_likely_one() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    let page = website.get("/th/membership").await;
    page.says("<option value=\"Asia/Bangkok\" selected>");
    let page = website.get("/en/membership").await;
    page.says("<option value=\"\" selected>Not chosen</option>");
}

#[tokio::test]
async fn wishes_that_came_back_are_as_they_were_left() {
    let website = Website::start().await;
    let mut session = member("Alice");
    session.membership.as_mut().unwrap().topics = vec!["offers".to_owned()];
    let values = [
        ("topic.events", "yes"),
        ("shown.topic.offers", "yes"),
        ("quiet_from", "22:00"),
        ("quiet_until", ""),
        ("time_zone", "Asia/Tokyo"),
    ];
    session.form = Some(Form {
        values: values
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        errors: Vec::new(),
    });
    website.register_server.says(&session);
    let page = website.get("/en/membership").await;
    assert!(between(&page.html, "name=\"topic.events\"", "<label").contains(" checked"));
    assert!(!between(&page.html, "name=\"topic.offers\"", "<label").contains(" checked"));
    page.says("name=\"shown.topic.offers\"");
    page.says("<option selected>22:00</option>");
    page.says("<option value=\"Asia/Tokyo\" selected>");
}

#[tokio::test]
async fn what_is_wrong_with_a_time_is_said_above_both() {
    let website = Website::start().await;
    website.register_server.says(&Session {
        form: Some(Form {
            values: [("quiet_from".to_owned(), "22:00".to_owned())].into(),
            errors: vec![FieldError {
                field: "quiet_until".to_owned(),
                problem: FieldProblem::Missing,
            }],
        }),
        ..member("Alice")
    });
    let page = website.get("/en/membership").await;
    let above = between(&page.html, "id=\"quiet-hint\"", "<div class=\"pair\">");
    assert!(above.contains("id=\"quiet_until-problem\""), "{above}");
    let pair = between(&page.html, "<div class=\"pair\">", "</fieldset>");
    assert!(!pair.contains("complaint"), "{pair}");
    let until = between(pair, "name=\"quiet_until\"", ">");
    assert!(until.contains("aria-describedby=\"quiet_until-problem quiet-hint\""));
    assert!(until.contains("aria-invalid=\"true\""));
    assert!(!between(pair, "name=\"quiet_from\"", ">").contains("aria-invalid"));
}

#[tokio::test]
async fn every_consent_tells_how_it_stands_and_has_its_way_back() {
    let website = Website::start().await;
    let mut session = member("Alice");
    let membership = session.membership.as_mut().unwrap();
    membership.consents.push(consent("news", "1", true));
    membership.consents.push(consent("survey", "9", true));
    membership.consents.push(consent("old", "9", false));
    membership.history.push(consent("news", "1", true));
    website.register_server.says(&session);
    let page = website.get("/en/membership").await;
    let held = between(&page.html, "<ul class=\"held\">", "</ul>");
    assert_eq!(
        held.matches("action=\"/member/withdraw\"").count(),
        2,
        "{held}"
    );
    for (purpose, name) in [("news", "Send me news in LINE"), ("survey", "survey")] {
        assert!(held.contains(&format!("name=\"purpose\" value=\"{purpose}\"")));
        assert!(
            held.contains(&format!("aria-label=\"Take back: {name}\"")),
            "{held}"
        );
    }
    assert!(
        held.contains("Taken back on 7 August 2026, version\u{a0}9"),
        "{held}"
    );
    let history = between(&page.html, "<ol class=\"history\">", "</ol>");
    assert_eq!(history.matches("<li>").count(), 3);
    // The box is about today's text, and says that an earlier one stands.
    page.says("On 7 August 2026 you agreed to an earlier text.");
}

#[tokio::test]
async fn the_form_says_which_words_were_shown() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    let digests: BTreeMap<_, _> = ["en", "ja"]
        .map(|language| (language, format!("/{language}/membership")))
        .into();
    let mut seen = Vec::new();
    for path in digests.values() {
        let page = website.get(path).await;
        seen.push(between(&page.html, "name=\"text.news\" value=\"", "\"").to_owned());
    }
    assert!(seen.iter().all(|digest| digest.len() == 64));
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn all_that_is_held_can_be_downloaded_and_an_old_sign_in_renewed() {
    let website = Website::start().await;
    website.register_server.says(&Session {
        flash: vec![member_session::Flash::SignInAgain],
        ..member("Alice")
    });
    let page = website.get("/en/membership").await;
    page.says("<form method=\"post\" action=\"/member/download\">");
    let notice = between(&page.html, "role=\"status\"", "</div>");
    assert!(
        notice.contains("href=\"/auth/login?lang=en&amp;next=/en/membership\""),
        "{notice}"
    );
}
