//! A preview as a page: one file, no script, nothing from elsewhere.

mod flex;
mod message;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Preview;
use super::preview::{Content, Sample};
use crate::campaign::Zone;

const STYLE: &str = include_str!("style.css");
/// Nothing is loaded, whatever a message holds.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page. What members and documents say is text in it, never markup.
pub(crate) fn page(preview: &Preview, zone: Zone) -> String {
    let title = format!("Preview of {}", preview.campaign);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { span.mark {} (title) }
                    p { "As it reads at " (zone.show(preview.scheduled_at)) ". Nothing was sent." }
                }
                main { @for sample in &preview.samples { (phone(sample)) } }
            }
        }
    };
    markup.into_string()
}

fn phone(sample: &Sample) -> Markup {
    html! {
        section.phone {
            header {
                h2 {
                    @match &sample.member {
                        Some(reader) => (reader.display_name),
                        None => "Nobody yet",
                    }
                }
                p.state { (sample.language) }
            }
            div.chat {
                @match &sample.content {
                    Content::Messages(messages) => {
                        @for message in messages.as_slice() { (message::bubble(message)) }
                    }
                    Content::Excluded(why) => p.system { "Gets nothing: " (why) },
                }
            }
        }
    }
}
