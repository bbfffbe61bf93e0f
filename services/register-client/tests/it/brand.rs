//! Whose website it is: what the operator's file changes, and what it may not.

use std::path::Path;

use member_session::Language;
use register_client::App;
use service_kit::http_client::read_bounded;
use tempfile::TempDir;

use crate::harness::{Answer, Website, config, member, nobody};

const LOGO: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 90 30'><style>p{}</style><path d='M0 0h9'/></svg>";

/// A folder with a brand and what lies beside it.
fn brand(document: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("brand.yaml"), document).unwrap();
    std::fs::write(folder.path().join("logo.svg"), LOGO).unwrap();
    std::fs::write(folder.path().join("night.png"), png(64, 32)).unwrap();
    folder
}

/// As much of a PNG as says its size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes
}

async fn website(folder: &TempDir) -> Website {
    let file = folder.path().join("brand.yaml");
    Website::start_with(|config| config.brand = Some(file)).await
}

/// The first address of a file on the page whose name begins so.
fn file<'p>(page: &'p Answer, name: &str) -> &'p str {
    let beginning = format!("/assets/{name}.");
    let mut words = page.html.split('"');
    words.find(|word| word.starts_with(&beginning)).unwrap()
}

async fn refusal(folder: &Path) -> String {
    let mut config = config("127.0.0.1:1".parse().unwrap(), folder);
    config.brand = Some(folder.join("brand.yaml"));
    App::build(config).await.err().unwrap().to_string()
}

#[tokio::test]
async fn the_brand_names_and_colours_the_site() {
    let folder = brand(
        "name: <Café> & Co\naccent: '#7a1f1f'\nzone: Asia/Taipei\nchat_link: https://line.me/R/ti/p/@cafe\n",
    );
    let website = website(&folder).await;
    website.register_server.says(&member("Alice"));
    let page = website.get("/en/membership").await;
    page.says("<title>My membership · &lt;Café&gt; &amp; Co</title>");
    page.says("href=\"https://line.me/R/ti/p/@cafe\"");
    page.says("8 August 2026");
    website
        .get(file(&page, "style"))
        .await
        .says("--accent:#7a1f1f;--on-accent:#ffffff");
}

#[tokio::test]
async fn a_logo_stands_for_mark_and_name() {
    let folder = brand("name: A & B\nlogo: logo.svg\nlogo_dark: night.png\nicon: night.png\n");
    let website = website(&folder).await;
    let page = website.get("/ja/").await;
    let (light, dark) = (file(&page, "logo"), file(&page, "logo-dark"));
    page.says(&format!(
        "src=\"{light}\" width=\"96\" height=\"32\" alt=\"A &amp; B\" class=\"logo\""
    ));
    page.says(&format!("srcset=\"{dark}\" width=\"64\" height=\"32\""));
    page.says("<link rel=\"icon\" type=\"image/png\"");
    page.says_not("alt=\"\"");

    let answer = website.get(light).await;
    assert_eq!(answer.html, LOGO);
    assert_eq!(answer.header("content-type"), "image/svg+xml");
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    // Opened as a page of its own, it is still a picture.
    let policy = answer.header("content-security-policy");
    for part in ["default-src 'none'", "sandbox", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("script-src") && !policy.contains("allow-"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let other = brand("logo: logo.svg");
    std::fs::write(other.path().join("logo.svg"), LOGO.replace("h9", "h8")).unwrap();
    let other = Website::start_with(|config| config.brand = Some(other.path().join("brand.yaml")));
    assert_ne!(file(&other.await.get("/ja/").await, "logo"), light);
}

#[tokio::test]
async fn a_logo_without_a_fellow_for_the_dark_has_a_plate_there() {
    let website = website(&brand("logo: logo.svg")).await;
    let page = website.get("/ja/").await;
    page.says("class=\"logo plate\"");
    page.says_not("<source");
}

#[tokio::test]
async fn the_heaviest_logo_leaves_home_light() {
    let folder = brand("logo: heavy.png\nlogo_dark: night.png");
    let mut heavy = png(128, 32);
    // Noise: nothing makes it smaller.
    let noise = std::iter::successors(Some(1_u32), |last| {
        Some(last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    });
    heavy.extend(
        noise
            .map(|number| number.to_be_bytes()[0])
            .take(16 * 1024 - heavy.len()),
    );
    std::fs::write(folder.path().join("heavy.png"), &heavy).unwrap();
    let website = website(&folder).await;
    let page = website.get("/th/").await;
    let files = ["style", "icon", "logo"].map(|name| file(&page, name).to_owned());
    let mut bytes = 0;
    for path in ["/th/".to_owned()].iter().chain(&files) {
        let request = website.client.get(website.url(path));
        let answer = request.header("accept-encoding", "gzip").send().await;
        let body = read_bounded(answer.unwrap(), 1 << 20).await.unwrap();
        bytes += body.len();
    }
    assert!(bytes > 16 * 1024 && bytes <= 30 * 1024, "{bytes}");
}

#[tokio::test]
async fn the_brand_speaks_for_itself_where_it_may_and_we_do_where_it_does_not() {
    let folder = brand(
        "name: Café\ntexts:\n  home.heading: { ja: 珈琲の会, en: 'The <b>%{brand}</b> club' }\n  home.lead: { ja: 毎月一杯。 }\n",
    );
    let website = website(&folder).await;
    website.register_server.says(&nobody());
    for (language, heading) in [
        (Language::Ja, "<h1>珈琲の会</h1>"),
        (Language::En, "<h1>The &lt;b&gt;Café&lt;/b&gt; club</h1>"),
        (Language::ZhTw, "<h1>"),
        (Language::Th, "<h1>"),
    ] {
        let page = website.get(&format!("/{}/", language.tag())).await;
        page.says(heading);
        page.lacks_no_text(language.tag());
    }
    let page = website.get("/ja/").await;
    page.says("content=\"毎月一杯。\"");
    let english = website.get("/en/").await;
    english.says("the Café chat knows you");
}

#[tokio::test]
async fn a_brand_that_cannot_be_meant_stops_the_start_with_one_sentence() {
    for (document, says) in [
        ("accent: '#ffee00'", "accent has a contrast of 1.1"),
        ("accent_dark: '#334455'", "accent_dark has a contrast of"),
        ("accent: red}body{display:none", "colour"),
        ("name: ''", "name"),
        ("zone: Mars/Olympus", "time zone"),
        ("chat_link: javascript:alert(1)", "chat_link"),
        ("favourite: x", "not understood"),
        ("logo: none.svg", "logo cannot be read from"),
        ("logo: brand.yaml", "logo is neither SVG"),
        ("icon: live.svg", "icon is no still picture"),
        ("logo: huge.svg", "logo has 20"),
        ("logo: tall.png", "logo must not be higher than wide"),
        ("logo_dark: night.png", "logo_dark needs a logo"),
        (
            "texts: { leave.notified: { en: No } }",
            "leave.notified is not",
        ),
        ("texts: { home.lead: { fr: Salut } }", "not understood"),
        ("texts: { home.lead: { en: '' } }", "home.lead in en"),
    ] {
        let folder = brand(document);
        let beside = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        beside(
            "live.svg",
            LOGO.replace("<path", "<path onload='x()'").as_bytes(),
        );
        beside(
            "huge.svg",
            LOGO.replace("p{}", &"p{}".repeat(6800)).as_bytes(),
        );
        beside("tall.png", &png(32, 64));
        let refused = refusal(folder.path()).await;
        assert!(
            refused.starts_with("BRAND") && refused.contains(says) && !refused.contains('\n'),
            "{document}: {refused}"
        );
    }
}

#[tokio::test]
async fn the_samples_for_clusters_are_a_website() {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kustomize/components");
    let website = Website::start_with(|config| {
        config.brand = Some(components.join("brand/brand.yaml.sample"));
        config.membership = Some(components.join("membership/membership.yaml.sample"));
    })
    .await;
    website.register_server.says(&member("Alice"));
    for language in Language::ALL {
        let page = website
            .get(&format!("/{}/membership", language.tag()))
            .await;
        assert_eq!(page.status, 200);
        page.says("alt=\"Café Lune\"");
        page.says("name=\"topic.events\"");
        page.lacks_no_text(language.tag());
    }
    website.register_server.says(&nobody());
    website
        .get("/en/")
        .await
        .says("<h1>The Café Lune club, right inside LINE</h1>");
}
