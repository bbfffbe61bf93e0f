use crate::harness::Website;

#[tokio::test]
async fn the_bare_address_leads_to_the_visitors_language() {
    let website = Website::start().await;
    for (headers, home) in [
        (vec![], "/en/"),
        (vec![("accept-language", "th-TH,th;q=0.9,en;q=0.8")], "/th/"),
        (vec![("accept-language", "zh-Hant-HK")], "/zh-TW/"),
        (vec![("accept-language", "fr")], "/en/"),
        (
            vec![("accept-language", "th"), ("cookie", "x=y; kaiin-lang=ja")],
            "/ja/",
        ),
        (
            vec![
                ("accept-language", "th"),
                ("cookie", "kaiin-lang=../../evil"),
            ],
            "/th/",
        ),
    ] {
        let answer = website.get_with("/", &headers).await;
        answer.leads_to(home);
        assert_eq!(answer.header("vary"), "Accept-Language, Cookie");
    }
    assert!(
        website.register_server.asked().is_empty(),
        "it needs no session"
    );
}

#[tokio::test]
async fn a_page_keeps_its_language_as_the_visitors_choice() {
    let website = Website::start().await;
    let answer = website
        .get_with("/ja/", &[("cookie", "kaiin-lang=th")])
        .await;
    assert_eq!(
        answer.cookies(),
        ["kaiin-lang=ja; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"]
    );
    let again = website
        .get_with("/ja/", &[("cookie", "kaiin-lang=ja")])
        .await;
    assert!(again.cookies().is_empty(), "it is kept already");
}

#[tokio::test]
async fn behind_https_the_choice_is_kept_off_plain_http() {
    let website =
        Website::start_with(|config| config.public_url = "https://kaiin.example".parse().unwrap())
            .await;
    let answer = website.get("/ja/").await;
    assert!(answer.cookies()[0].ends_with("; Secure"));
}

#[tokio::test]
async fn a_language_without_its_slash_leads_home() {
    let website = Website::start().await;
    website.get("/zh-TW").await.leads_to("/zh-TW/");
}

#[tokio::test]
async fn an_address_in_no_language_of_ours_is_a_404_in_the_visitors() {
    let website = Website::start().await;
    for path in [
        "/fr/",
        "/fr/membership",
        "/wp-login.php",
        "/EN/",
        "/en/membership/",
        "//evil.example/",
        "/en/sign-in-failed/because",
    ] {
        let answer = website.get_with(path, &[("accept-language", "th")]).await;
        assert_eq!(answer.status, 404, "{path}");
        let language = if path.starts_with("/en/") { "en" } else { "th" };
        answer.says(&format!("<html lang=\"{language}\">"));
    }
}

#[tokio::test]
async fn a_link_in_line_says_its_language_unless_there_is_a_saved_choice() {
    let website = Website::start().await;
    let browser = ("accept-language", "ja");
    let answer = website.get_with("/?lang=th", &[browser]).await;
    answer.leads_to("/th/");
    let saved = ("cookie", "kaiin-lang=zh-TW");
    let answer = website.get_with("/?lang=th", &[browser, saved]).await;
    answer.leads_to("/zh-TW/");
    for nonsense in ["/?lang=xx", "/?lang=", "/?lang", "/?language=th"] {
        website
            .get_with(nonsense, &[browser])
            .await
            .leads_to("/ja/");
    }
}
