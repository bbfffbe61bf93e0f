use std::io::Read as _;

use flate2::read::GzDecoder;
use member_session::{Flash, Friendship, Language, Page, Session, SignInFailure};

use service_kit::http_client::read_bounded;

use crate::harness::{Website, member, nobody, visitor};

/// Every page, with a session that may see it and the status it has.
fn pages(language: Language) -> Vec<(String, Session, u16)> {
    let here = |page: Page| page.path(language);
    let failed = |failure, status| (here(Page::SignInFailed(failure)), nobody(), status);
    vec![
        (here(Page::Home), nobody(), 200),
        (here(Page::Home), visitor("Alice"), 200),
        (here(Page::Home), member("Alice"), 200),
        (here(Page::Register), visitor("Alice"), 200),
        (here(Page::Welcome), member("Alice"), 200),
        (here(Page::Membership), member("Alice"), 200),
        (here(Page::Leave), member("Alice"), 200),
        (here(Page::Goodbye), nobody(), 200),
        failed(SignInFailure::Cancelled, 400),
        failed(SignInFailure::Expired, 400),
        failed(SignInFailure::Refused, 400),
        failed(SignInFailure::TooMany, 429),
        failed(SignInFailure::Unavailable, 503),
        (format!("/{}/terms", language.tag()), nobody(), 200),
        (format!("/{}/privacy", language.tag()), nobody(), 200),
        (format!("/{}/no-such-page", language.tag()), nobody(), 404),
    ]
}

#[tokio::test]
async fn every_page_speaks_every_language() {
    let website = Website::start().await;
    for language in Language::ALL {
        for (path, session, status) in pages(language) {
            website.register_server.says(&session);
            let page = website.get(&path).await;
            assert_eq!(page.status, status, "{path}");
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            page.says(&format!(
                "<!DOCTYPE html><html lang=\"{}\">",
                language.tag()
            ));
            page.lacks_no_text(language.tag());
        }
    }
}

#[tokio::test]
async fn every_page_switches_to_itself_in_the_other_languages() {
    let website = Website::start().await;
    for (path, session, _) in pages(Language::En) {
        website.register_server.says(&session);
        let page = website.get(&path).await;
        for other in Language::ALL {
            let there = path.replacen("/en/", &format!("/{}/", other.tag()), 1);
            page.says(&format!("href=\"{there}\" lang=\"{}\"", other.tag()));
        }
    }
}

#[tokio::test]
async fn a_page_and_all_it_loads_stay_under_30_kilobytes() {
    let website = Website::start().await;
    for (path, session, _) in pages(Language::Th) {
        website.register_server.says(&session);
        let page = website.get(&path).await;
        let mut size = page.html.len();
        for file in loaded(&page.html) {
            let answer = website.get(&file).await;
            assert_eq!(answer.status, 200, "{file}");
            size += answer.html.len();
        }
        assert!(size < 30 * 1024, "{path} is {size} bytes");
    }
}

#[tokio::test]
async fn pages_and_files_are_compressed_for_those_who_take_it() {
    let website = Website::start().await;
    let page = website.get("/en/").await;
    assert_eq!(page.header("vary"), "Accept-Encoding");
    assert_eq!(page.header("content-encoding"), "");
    for path in std::iter::once("/en/".to_owned()).chain(loaded(&page.html)) {
        let plain = website.get(&path).await;
        let request = website.client.get(website.url(&path));
        let answer = request
            .header("accept-encoding", "gzip")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["content-encoding"], "gzip", "{path}");
        assert_eq!(answer.headers()["vary"], "Accept-Encoding", "{path}");
        let body = read_bounded(answer, 1 << 20).await.unwrap();
        let mut unpacked = String::new();
        GzDecoder::new(&body[..])
            .read_to_string(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, plain.html, "{path}");
        assert!(body.len() < plain.html.len(), "{path}");
    }
}

#[tokio::test]
async fn home_loads_two_files_and_nothing_from_elsewhere() {
    let website = Website::start().await;
    let page = website.get("/en/").await;
    let files = loaded(&page.html);
    assert_eq!(files.len(), 2, "{files:?}");
    for outside in [
        "src=\"http",
        "href=\"http",
        "<script",
        "style=\"",
        "onclick",
        "@import",
    ] {
        page.says_not(outside);
    }
}

#[tokio::test]
async fn signing_in_is_a_link_to_register_server_in_the_language_of_the_page() {
    let website = Website::start().await;
    website
        .get("/ja/")
        .await
        .says("href=\"/auth/login?lang=ja\"");
    let expired = website.get("/th/sign-in-failed/expired").await;
    expired.says("href=\"/auth/login?lang=th&amp;without_auto_login=true\"");
    let cancelled = website.get("/th/sign-in-failed/cancelled").await;
    cancelled.says_not("without_auto_login");
}

#[tokio::test]
async fn my_membership_shows_the_name_the_day_and_what_was_agreed() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    let page = website.get("/zh-TW/membership").await;
    page.says("<p class=\"card-name\">Alice</p>");
    page.says("<time datetime=\"2026-08-08\">2026 年 8 月 8 日</time>");
    page.says("您於 2026 年 8 月 8 日同意。");
    page.says("action=\"/member/update\"");
    page.says("action=\"/auth/logout\"");
    page.says("<input type=\"hidden\" name=\"everywhere\" value=\"true\"");
    page.says("href=\"/zh-TW/leave\"");
}

#[tokio::test]
async fn who_blocked_the_bot_is_told_that_nothing_reaches_them() {
    let website = Website::start().await;
    let mut session = member("Alice");
    session.membership.as_mut().unwrap().friendship = Friendship::Blocked;
    website.register_server.says(&session);
    website
        .get("/en/membership")
        .await
        .says("Kaiin is blocked in your LINE");
    website
        .get("/en/welcome")
        .await
        .says("Kaiin is blocked in your LINE");
}

#[tokio::test]
async fn leaving_is_a_form_that_says_what_happens_first() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    let page = website.get("/en/leave").await;
    page.says("LY Corporation, which runs LINE, is notified");
    page.says("<form method=\"post\" action=\"/member/leave\">");
    page.says("href=\"/en/membership\"");
}

#[tokio::test]
async fn whoever_is_asked_to_sign_in_before_they_leave_may_leave_without() {
    let website = Website::start().await;
    let all_the_same = "<input type=\"hidden\" name=\"all_the_same\" value=\"true\">";
    website.register_server.says(&member("Alice"));
    website.get("/en/leave").await.says_not(all_the_same);
    website.register_server.says(&Session {
        flash: vec![Flash::SignInToLeave],
        ..member("Alice")
    });
    let page = website.get("/en/leave").await;
    page.says("LINE has ended our access to your account");
    page.says("href=\"/auth/login?lang=en&amp;next=/en/leave\"");
    page.says(all_the_same);
    page.says("End it without signing in");
    page.says_not("LY Corporation");
}

#[tokio::test]
async fn the_parts_of_the_membership_page_are_where_its_contents_say() {
    let website = Website::start().await;
    website.register_server.says(&member("Alice"));
    let page = website.get("/th/membership").await;
    let mut ways = 0;
    for way in page.html.split("href=\"#").skip(1) {
        let (part, _) = way.split_once('"').unwrap();
        page.says(&format!("id=\"{part}\""));
        ways += 1;
    }
    assert_eq!(ways, 6, "five parts, and past the head of the page");
}

#[tokio::test]
async fn each_flash_is_announced() {
    let website = Website::start().await;
    for flash in Flash::ALL {
        website.register_server.says(&Session {
            flash: vec![flash],
            ..nobody()
        });
        website.get("/en/").await.says("role=\"status\"");
    }
    website.register_server.says(&nobody());
    website.get("/en/").await.says_not("role=\"status\"");
}

/// What a browser fetches for a page.
fn loaded(html: &str) -> Vec<String> {
    let mut files: Vec<String> = html
        .split(['"', ' '])
        .filter(|word| word.starts_with("/assets/"))
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    files
}
