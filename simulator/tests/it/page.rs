//! The page and its files.

use reqwest::Method;

use crate::stage::Stage;

#[tokio::test]
async fn the_page_allows_nothing_but_its_own_files() {
    let stage = Stage::start().await;
    let response = stage.request(Method::GET, "/").send().await.unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"));
    assert!(!policy.contains("unsafe"));
    let page = response.text().await.unwrap();
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "nothing from elsewhere"
    );
}

#[tokio::test]
async fn every_file_that_the_page_names_is_there() {
    let stage = Stage::start().await;
    let page = stage
        .request(Method::GET, "/")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let mut names: Vec<String> = page
        .split('"')
        .filter(|part| part.starts_with("/_sim/page/"))
        .map(str::to_owned)
        .collect();
    let mut seen = 0;
    while let Some(name) = names.get(seen).cloned() {
        let response = stage.request(Method::GET, &name).send().await.unwrap();
        assert_eq!(response.status(), 200, "{name}");
        let text = response.text().await.unwrap();
        for import in text
            .split("from \"./")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
        {
            let path = format!("/_sim/page/{import}");
            if !names.contains(&path) {
                names.push(path);
            }
        }
        seen += 1;
    }
    assert!(seen >= 12, "{names:?}");
}
