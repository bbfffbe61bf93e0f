use member_session::{Flash, Session};

use crate::harness::{Website, member, nobody, visitor};

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_home_and_told_why() {
    let website = Website::start().await;
    for page in ["register", "welcome", "membership", "leave"] {
        website
            .get(&format!("/ja/{page}"))
            .await
            .leads_to("/ja/?notice=sign_in_first");
    }
    let home = website.get("/en/?notice=sign_in_first").await;
    home.says("Please sign in with LINE to go on.");
}

#[tokio::test]
async fn whoever_is_not_a_member_is_sent_to_the_form() {
    let website = Website::start().await;
    website.register_server.says(&visitor("Alice"));
    for page in ["welcome", "membership", "leave"] {
        website
            .get(&format!("/th/{page}"))
            .await
            .leads_to("/th/register");
    }
}

#[tokio::test]
async fn a_member_who_opens_the_form_is_sent_to_their_membership() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    website
        .get("/zh-TW/register")
        .await
        .leads_to("/zh-TW/membership");
}

#[tokio::test]
async fn what_was_to_be_told_survives_being_sent_on() {
    let website = Website::start().await;
    website.register_server.says(&Session {
        flash: vec![Flash::Saved, Flash::TryAgain],
        ..member("Alice")
    });
    website
        .get("/en/register")
        .await
        .leads_to("/en/membership?notice=saved&notice=try_again");
    website.register_server.says(&member("Alice"));
    let page = website
        .get("/en/membership?notice=saved&notice=try_again")
        .await;
    page.says("Your changes are saved.");
    page.says("Please try again in a moment.");
}

#[tokio::test]
async fn an_address_can_only_choose_among_our_own_sentences() {
    let website = Website::start().await;
    let page = website
        .get("/en/?notice=%3Cb%3Ehello%3C/b%3E&notice=you-won")
        .await;
    page.says_not("role=\"status\"");
    page.says_not("hello");
    page.says_not("you-won");
}

#[tokio::test]
async fn only_our_own_cookies_reach_register_server() {
    let website = Website::start().await;
    let cookies =
        "theme=dark; __Host-kaiin-session=abc; kaiin-lang=en; __Host-kaiin-login=x=y; _ga=1";
    let headers = [
        ("cookie", cookies),
        ("authorization", "Bearer leaked"),
        ("x-forwarded-for", "10.0.0.1"),
    ];
    website.get_with("/en/", &headers).await;
    let asked = website.register_server.asked().remove(0);
    assert_eq!(
        asked["cookie"],
        "__Host-kaiin-session=abc; __Host-kaiin-login=x=y"
    );
    assert!(!asked.contains_key("authorization"));
    assert!(!asked.contains_key("x-forwarded-for"));

    website.get_with("/en/", &[("cookie", "theme=dark")]).await;
    assert!(!website.register_server.asked()[1].contains_key("cookie"));
}

#[tokio::test]
async fn the_request_id_is_passed_on() {
    let website = Website::start().await;
    let id = "0198f0c4-7c1e-7aaa-8bbb-0123456789ab";
    let answer = website.get_with("/en/", &[("x-request-id", id)]).await;
    assert_eq!(answer.header("x-request-id"), id);
    assert_eq!(website.register_server.asked()[0]["x-request-id"], id);
}

#[tokio::test]
async fn cookies_of_register_server_reach_the_browser_on_pages_and_redirects() {
    let website = Website::start().await;
    let kept = "__Host-kaiin-session=new; Path=/; Secure; HttpOnly";
    website.register_server.sets_cookie(kept);
    website.register_server.sets_cookie("stray=1");
    for path in ["/en/", "/en/membership"] {
        let answer = website.get_with(path, &[("cookie", "kaiin-lang=en")]).await;
        assert_eq!(answer.cookies(), [kept], "{path}");
    }
}

#[tokio::test]
async fn texts_and_failures_need_no_session() {
    let website = Website::start().await;
    for path in [
        "terms",
        "privacy",
        "goodbye",
        "sign-in-failed/unavailable",
        "nowhere",
    ] {
        website.get(&format!("/en/{path}")).await;
    }
    assert!(
        website.register_server.asked().is_empty(),
        "a flash is told once: only pages that show it may fetch it"
    );
    website.register_server.says(&nobody());
}
