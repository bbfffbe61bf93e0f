//! What the home page costs somebody with a cheap phone.

use testkit::browser::{Browser, Scheme, Screen};

use super::walk::Walk;
use crate::house::House;

/// Waits until nothing moves any more, and sums up.
const SUM: &str = "
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const shifts = await new Promise((done) => {
        new PerformanceObserver((list) => done(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => done([]), 300);
    });
    const parts = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
        requests: parts.length,
        bytes: parts.reduce((sum, part) => sum + part.transferSize, 0),
        shift: shifts.reduce((sum, shift) => sum + shift.value, 0),
        parts: parts.map((part) => part.name + ' ' + part.transferSize),
    };";

#[tokio::test]
async fn home_is_light_and_stands_still() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    for lang in ["th", "ja", "zh-TW", "en"] {
        for screen in [Screen::PHONE, Screen::DESKTOP] {
            browser.resize(screen).await?;
            browser.prefer(Scheme::Light).await?;
            browser.run("performance.clearResourceTimings()").await?;
            walk.open(&format!("{lang}/")).await?;
            browser.find("main h1").await?;
            let sum = browser.run_async(SUM).await?;
            assert!(
                sum["bytes"].as_f64().unwrap() <= 30.0 * 1024.0,
                "{lang}: {sum:#}"
            );
            assert!(sum["requests"].as_u64().unwrap() <= 4, "{lang}: {sum:#}");
            assert_eq!(sum["shift"], 0.0, "{lang}: {sum:#}");
        }
        walk.expect_nothing_from_elsewhere("home").await?;
    }
    house.stop().await;
    Ok(())
}
