use std::collections::BTreeMap;

use member_session::{Consent, FieldError, FieldProblem, Form, Session};

use crate::harness::{FORM_TOKEN, REGISTERED_AT, Website, member, visitor};

fn refused(values: &[(&str, &str)], errors: &[(&str, FieldProblem)]) -> Form {
    Form {
        values: values
            .iter()
            .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        errors: errors
            .iter()
            .map(|(field, problem)| FieldError {
                field: (*field).to_owned(),
                problem: *problem,
            })
            .collect(),
    }
}

/// The tag of the input called `name`.
fn input<'a>(html: &'a str, name: &str) -> &'a str {
    html.split('<')
        .find(|tag| {
            (tag.starts_with("input") || tag.starts_with("select"))
                && tag.contains(&format!("name=\"{name}\""))
        })
        .unwrap_or_else(|| panic!("no input {name} in {html}"))
}

#[tokio::test]
async fn a_fresh_form_has_the_line_name_and_the_language_of_the_page_and_no_box_ticked() {
    let website = Website::start().await;
    website.register_server.says(&visitor("Alice"));
    let page = website.get("/en/register").await;
    page.says("<form method=\"post\" action=\"/member\" novalidate");
    page.says("name=\"page_language\" value=\"en\"");
    assert!(input(&page.html, "display_name").contains("value=\"Alice\""));
    page.says("<option value=\"en\" lang=\"en\" selected>");
    page.says_not("name=\"shown.");
    for consent in ["consent.terms", "consent.news"] {
        let tag = input(&page.html, consent);
        assert!(
            tag.contains("type=\"checkbox\"") && tag.contains("value=\"2\""),
            "{tag}"
        );
        assert!(!tag.contains("checked"), "{tag}");
        page.says(&format!("<label for=\"{consent}\">"));
    }
    page.says_not("role=\"alert\"");
    page.says_not("aria-invalid");
}

#[tokio::test]
async fn a_refused_form_comes_back_as_it_was_typed_with_a_summary_that_has_the_focus() {
    let website = Website::start().await;
    let form = refused(
        &[
            ("display_name", "Al\u{7}ice"),
            ("language", "ja"),
            ("consent.news", "2"),
        ],
        &[
            ("display_name", FieldProblem::Invalid),
            ("consent.terms", FieldProblem::Missing),
        ],
    );
    website.register_server.says(&Session {
        form: Some(form),
        ..visitor("LINE name")
    });
    let page = website.get("/en/register").await;

    page.says("<title>Please check: Register · Kaiin</title>");
    page.says("role=\"alert\" tabindex=\"-1\" autofocus");
    page.says(
        "<a href=\"#display_name\">The name has characters that cannot be used. Remove them.</a>",
    );
    page.says("<a href=\"#consent.terms\">To become a member, tick “I agree to the terms of membership”.</a>");

    let name = input(&page.html, "display_name");
    assert!(name.contains("value=\"Al\u{7}ice\""), "{name}");
    assert!(name.contains("aria-invalid=\"true\""), "{name}");
    assert!(
        name.contains("aria-describedby=\"display_name-problem display_name-hint\""),
        "{name}"
    );
    page.says("id=\"display_name-problem\"");
    page.says("id=\"display_name-hint\"");
    page.says("<option value=\"ja\" lang=\"ja\" selected>");
    assert!(input(&page.html, "consent.news").contains(" checked"));
    let terms = input(&page.html, "consent.terms");
    assert!(
        !terms.contains(" checked") && terms.contains("consent.terms-problem"),
        "{terms}"
    );
}

#[tokio::test]
async fn every_error_has_words_in_every_language() {
    let website = Website::start().await;
    let problems = [
        FieldProblem::Missing,
        FieldProblem::TooLong,
        FieldProblem::Invalid,
        FieldProblem::Outdated,
    ];
    for language in ["zh-TW", "ja", "th", "en"] {
        for field in [
            "display_name",
            "language",
            "consent.terms",
            "consent.news",
            "time_zone",
            "quiet_from",
            "quiet_until",
            "unheard-of",
        ] {
            for problem in problems {
                let form = refused(&[], &[(field, problem)]);
                website.register_server.says(&Session {
                    form: Some(form),
                    ..visitor("Alice")
                });
                let page = website.get(&format!("/{language}/register")).await;
                page.says("role=\"alert\"");
                page.lacks_no_text(language);
            }
        }
    }
}

#[tokio::test]
async fn saving_my_membership_keeps_the_terms_and_offers_the_news() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    let page = website.get("/en/membership").await;
    let terms = input(&page.html, "consent.terms");
    assert!(
        terms.contains("type=\"hidden\"") && terms.contains("value=\"2\""),
        "{terms}"
    );
    let news = input(&page.html, "consent.news");
    assert!(
        news.contains("type=\"checkbox\"") && !news.contains("checked"),
        "{news}"
    );
    page.says("<option value=\"ja\" lang=\"ja\" selected>");
}

#[tokio::test]
async fn agreeing_to_an_older_text_is_not_agreeing_to_todays() {
    let website = Website::start().await;
    let mut session = member("Alice");
    session.membership.as_mut().unwrap().consents[0].version = "1".to_owned();
    website.register_server.says(&session);
    let page = website.get("/en/membership").await;
    let terms = input(&page.html, "consent.terms");
    assert!(
        terms.contains("type=\"checkbox\"") && !terms.contains("checked"),
        "{terms}"
    );
}

#[tokio::test]
async fn a_tick_on_an_older_text_is_not_carried_over_to_todays() {
    let website = Website::start().await;
    let form = refused(
        &[
            ("display_name", "Alice"),
            ("consent.terms", "1"),
            ("consent.news", "2"),
        ],
        &[("consent.terms", FieldProblem::Outdated)],
    );
    website.register_server.says(&Session {
        form: Some(form),
        ..visitor("Alice")
    });
    let page = website.get("/en/register").await;
    assert!(!input(&page.html, "consent.terms").contains(" checked"));
    assert!(input(&page.html, "consent.news").contains(" checked"));
    page.says("Read it, and tick the box again.");
}

#[tokio::test]
async fn every_form_that_changes_something_says_whom_it_was_drawn_for() {
    let website = Website::start().await;
    for (path, session) in [
        ("/en/register", visitor("Alice")),
        ("/en/membership", member("Alice")),
        ("/en/leave", member("Alice")),
    ] {
        website.register_server.says(&session);
        let page = website.get(path).await;
        let field = format!("type=\"hidden\" name=\"form_token\" value=\"{FORM_TOKEN}\"");
        let posts = page
            .html
            .matches("<form method=\"post\" action=\"/member")
            .count();
        let posts = posts
            + page
                .html
                .matches("<form class=\"panel\" method=\"post\" action=\"/member")
                .count();
        // So does signing out everywhere; signing out here does not, for it must not fail.
        let everywhere = page.html.matches("name=\"everywhere\"").count();
        assert_eq!(
            page.html.matches(&field).count(),
            posts + everywhere,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_page_asks_for_the_form_that_it_shows_and_no_other() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    for page in ["", "register", "welcome", "membership", "leave"] {
        website.get(&format!("/en/{page}")).await;
    }
    assert_eq!(
        website.register_server.addresses(),
        [
            "/member/session",
            "/member/session?form=register",
            "/member/session",
            "/member/session?form=update",
            "/member/session",
        ]
    );
}

#[tokio::test]
async fn a_box_that_is_shown_ticked_says_so() {
    let website = Website::start().await;
    let holds = |version: &str| {
        let mut session = member("Alice");
        session.membership.as_mut().unwrap().consents.push(Consent {
            purpose: "news".to_owned(),
            version: version.to_owned(),
            granted: true,
            changed_at: REGISTERED_AT,
        });
        session
    };
    website.register_server.says(&holds("2"));
    let page = website.get("/en/membership").await;
    assert!(input(&page.html, "consent.news").contains(" checked"));
    assert!(
        input(&page.html, "shown.news").contains("type=\"hidden\" name=\"shown.news\" value=\"2\"")
    );

    // They agreed to an older text: the box is about another, and says nothing about theirs.
    website.register_server.says(&holds("1"));
    website.get("/en/membership").await.says_not("shown.news");

    // It was unticked on a form that came back: it still says that it was ticked before.
    let language = ("language", FieldProblem::Invalid);
    let form = refused(
        &[("display_name", "Alice"), ("shown.news", "2")],
        &[language],
    );
    website.register_server.says(&Session {
        form: Some(form),
        ..holds("2")
    });
    let page = website.get("/en/membership").await;
    assert!(!input(&page.html, "consent.news").contains(" checked"));
    input(&page.html, "shown.news");
}
