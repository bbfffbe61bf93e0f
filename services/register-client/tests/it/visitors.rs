use member_session::{Flash, Session};

use crate::harness::{SIGNED_IN, Website, member, nobody, visitor};

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_home_and_told_why() {
    let website = Website::start().await;
    for (page, next) in [
        ("register", ""),
        ("welcome", ""),
        ("membership", "&next=/ja/membership"),
        ("leave", "&next=/ja/leave"),
    ] {
        website
            .get(&format!("/ja/{page}"))
            .await
            .leads_to(&format!("/ja/?notice=sign_in_first{next}"));
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
}

#[tokio::test]
async fn of_somebody_without_a_session_nobody_is_asked() {
    let website = Website::start().await;
    // Were it asked, it would say so.
    website.register_server.says(&member("Alice"));
    for cookies in [
        "",
        "theme=dark; kaiin-lang=ja",
        "__Host-kaiin-login=abc.ja",
        "__Host-kaiin-sessions=abc; x__Host-kaiin-session=abc",
    ] {
        let home = website.get_with("/ja/", &[("cookie", cookies)]).await;
        assert_eq!(
            (home.status, home.header("cache-control")),
            (200, "no-store")
        );
        home.says("href=\"/auth/login?lang=ja\"");
        website
            .get_with("/ja/leave", &[("cookie", cookies)])
            .await
            .leads_to("/ja/?notice=sign_in_first&next=/ja/leave");
    }
    assert!(website.register_server.asked().is_empty());
    for telling in ["__Host-kaiin-session=abc", "__Host-kaiin-flash=saved"] {
        let cookies = format!("theme=dark; {telling}");
        website.get_with("/ja/", &[("cookie", &cookies)]).await;
        let asked = website.register_server.asked().pop().unwrap();
        assert_eq!(asked["cookie"], telling);
    }
}

#[tokio::test]
async fn signing_in_leads_on_to_the_page_that_was_wanted() {
    let website = Website::start().await;
    let address = "/th/?notice=sign_in_first&next=/th/leave";
    website.get("/th/leave").await.leads_to(address);
    let home = website.get(address).await;
    home.says("href=\"/auth/login?lang=th&amp;next=/th/leave\"");
    // In another language too.
    home.says("href=\"/ja/?next=/ja/leave\"");
    let other = website.get("/ja/?next=/th/leave").await;
    other.says("href=\"/auth/login?lang=ja&amp;next=/ja/leave\"");
    // A form has no address of its own to come back to, and no address that is not ours is one.
    website
        .get("/th/register")
        .await
        .leads_to("/th/?notice=sign_in_first");
    for next in [
        "//evil.example/leave",
        "https://evil.example",
        "/th/leave/../x",
        "/th/leave%22",
        "/member/leave",
        "",
    ] {
        let home = website.get(&format!("/th/?next={next}")).await;
        home.says("href=\"/auth/login?lang=th\"");
        home.says_not("next=");
        home.says_not("evil");
    }
}

#[tokio::test]
async fn the_request_id_is_passed_on() {
    let website = Website::start().await;
    let id = "0198f0c4-7c1e-7aaa-8bbb-0123456789ab";
    let headers = [("x-request-id", id), ("cookie", SIGNED_IN)];
    let answer = website.get_with("/en/", &headers).await;
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
        let answer = website
            .get_with(
                path,
                &[("cookie", "kaiin-lang=en; __Host-kaiin-session=abc")],
            )
            .await;
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
