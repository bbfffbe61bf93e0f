//! Somebody without a mouse.

use serde_json::json;

use super::Browser;

/// A key of the keyboard.
#[derive(Debug, Clone, Copy)]
pub enum Key {
    /// To the next thing that can be used.
    Tab,
    /// Follows a link, sends a form.
    Enter,
    /// Ticks a box.
    Space,
}

impl Key {
    /// As WebDriver writes it (§17.4.2).
    const fn code(self) -> &'static str {
        match self {
            Self::Tab => "\u{e004}",
            Self::Enter => "\u{e007}",
            Self::Space => " ",
        }
    }
}

impl Browser {
    /// Presses a key and lets it go.
    pub async fn press(&self, key: Key) -> anyhow::Result<()> {
        self.keys(key.code()).await
    }

    /// Types into whatever has the focus.
    pub async fn keys(&self, text: &str) -> anyhow::Result<()> {
        let strokes: Vec<_> = text
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] });
        self.post("/actions", &body).await.map(drop)
    }
}
