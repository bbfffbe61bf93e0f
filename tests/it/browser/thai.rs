//! Thai writes its words without spaces: a line may end only where a word does. Browsers know the words of a dictionary; ours
//! that are not in it have a space of no width behind them, where a reader would find the end.

use serde_json::json;
use testkit::browser::{Browser, Screen};

use super::walk::Walk;
use crate::house::House;

/// The words that stand on two lines or are not known to be words, and whether there was anything to find.
const BROKEN: &str = "
    const broken = [];
    let wrapped = 0;
    const ours = 'แชต';
    const words = new Intl.Segmenter('th', { granularity: 'word' });
    const lines = (node, from, to) => {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, to);
        return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
    };
    const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
    for (let node; (node = texts.nextNode());) {
        if (lines(node, 0, node.length) > 1) wrapped += 1;
        const segments = [...words.segment(node.data)];
        for (const { segment, index } of segments) {
            if (segment.trim() && lines(node, index, index + segment.length) > 1) broken.push(segment);
        }
        const ends = segments.map(({ segment, index }) => index + segment.length);
        for (let at = -1; (at = node.data.indexOf(ours, at + 1)) >= 0;) {
            if (!ends.includes(at + ours.length)) broken.push(node.data.slice(at, at + 12));
        }
    }
    return [broken, wrapped > 0];";

#[tokio::test]
async fn lines_end_between_words() -> anyhow::Result<()> {
    let house = House::start().await;
    let browser = Browser::start().await?;
    let walk = Walk::new(&house, &browser);
    browser.resize(Screen::PHONE).await?;
    for page in ["", "terms", "privacy", "goodbye", "sign-in-failed/refused"] {
        walk.open(&format!("th/{page}")).await?;
        assert_eq!(browser.run(BROKEN).await?, json!([[], true]), "{page}");
    }
    house.stop().await;
    Ok(())
}
