//! What the operator gives: the offer, and a start that is refused if it cannot be meant.

use register_client::{App, BuildError};

use crate::harness::{Website, config};

#[tokio::test]
async fn a_required_consent_without_words_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config("127.0.0.1:1".parse().unwrap(), folder.path());
    let path = folder.path().join("membership.yaml");
    let document = "consents: [{ purpose: telepathy, version: '1', required: true }]";
    std::fs::write(&path, document).unwrap();
    config.membership = Some(path);
    let Err(error @ BuildError::Offer(_)) = App::build(config).await else {
        panic!("nobody could register");
    };
    let reason = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        reason.contains("missing field `label`"),
        "{error}: {reason}"
    );
}

#[tokio::test]
async fn terms_and_privacy_notice_are_the_operators() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().to_owned();
    for language in ["zh-TW", "ja", "th", "en"] {
        let text = format!("# Rules ({language})\n\nOf *%{{brand}}*.\n\n<script>x</script>\n");
        std::fs::write(texts.join(format!("rules.{language}.md")), text).unwrap();
    }
    let path = texts.join("own.yaml");
    let document = "terms: { version: 2026-08, files: 'rules.{lang}.md' }";
    std::fs::write(&path, document).unwrap();
    let website = Website::start_with(|config| config.membership = Some(path)).await;
    let page = website.get("/ja/terms").await;
    page.says("<title>Rules (ja)｜Kaiin</title>");
    page.says("<h1>Rules (ja)</h1>");
    page.says("第2026-08版");
    page.says("<p>Of <em>Kaiin</em>.</p>");
    page.says("&lt;script&gt;");
    page.says_not("<script");
    // The other text is Kaiin's own.
    website
        .get("/en/privacy")
        .await
        .says("What Kaiin keeps about its members");
}
