//! Terms and privacy notice, from the operator's Markdown to what a page may hold.

use member_session::{Language, Legal, Offer};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// The two texts, drawn in every language when the service starts.
pub(crate) struct Documents(Vec<(Legal, Language, Document)>);

/// One text in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Document {
    /// Its first heading, if it begins with one.
    pub(crate) title: Option<String>,
    /// The rest, as HTML that holds nothing but text, its structure and links.
    pub(crate) html: String,
}

impl Documents {
    /// Draws the texts of `offer`, with the brand's name where it is meant.
    pub(crate) fn draw(offer: &Offer, brand: &str) -> Self {
        let documents = [Legal::Terms, Legal::Privacy]
            .into_iter()
            .flat_map(|which| Language::ALL.map(|language| (which, language)))
            .map(|(which, language)| {
                let markdown = offer.legal(which).markdown.get(language);
                (which, language, draw(markdown, brand))
            });
        Self(documents.collect())
    }

    /// The text of this kind in this language.
    pub(crate) fn get(&self, which: Legal, language: Language) -> Document {
        self.0
            .iter()
            .find(|(kind, tongue, _)| (*kind, *tongue) == (which, language))
            .map(|(_, _, document)| document.clone())
            .unwrap_or_default()
    }
}

fn draw(markdown: &str, brand: &str) -> Document {
    let mut events: Vec<Event> = Parser::new_ext(markdown, Options::ENABLE_TABLES)
        .filter_map(harmless)
        .collect();
    let title = take_title(&mut events).map(|title| title.replace("%{brand}", brand));
    let mut drawn = String::new();
    html::push_html(&mut drawn, events.into_iter().map(demoted));
    let mut name = String::new();
    html::push_html(&mut name, std::iter::once(Event::Text(CowStr::from(brand))));
    Document {
        title,
        html: drawn.replace("%{brand}", &name),
    }
}

/// HTML in Markdown becomes text that shows it. Pictures would be loaded from elsewhere: what they say instead stays.
/// Links lead to the web, to a mailbox or a telephone, and nowhere else.
fn harmless(event: Event<'_>) -> Option<Event<'_>> {
    match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(Event::Text(html)),
        Event::Start(Tag::Image { .. } | Tag::HtmlBlock)
        | Event::End(TagEnd::Image | TagEnd::HtmlBlock) => None,
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            title,
            id,
        }) => Some(Event::Start(Tag::Link {
            link_type,
            dest_url: if leads_somewhere(&dest_url) {
                dest_url
            } else {
                CowStr::Borrowed("#content")
            },
            title,
            id,
        })),
        event => Some(event),
    }
}

fn leads_somewhere(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    ["https://", "http://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| address.starts_with(scheme))
        || (address.starts_with('/') && !address.starts_with("//"))
        || address.starts_with('#')
}

/// The page draws the first heading itself.
fn take_title(events: &mut Vec<Event<'_>>) -> Option<String> {
    let is_title = |event: &Event| {
        matches!(
            event,
            Event::Start(Tag::Heading {
                level: HeadingLevel::H1,
                ..
            })
        )
    };
    if !events.first().is_some_and(is_title) {
        return None;
    }
    let end = events
        .iter()
        .position(|event| matches!(event, Event::End(TagEnd::Heading(_))))?;
    let title = events
        .drain(..=end)
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.into_string()),
            _ => None,
        })
        .collect::<String>();
    Some(title)
}

/// Other headings of the first level stand below the page's.
fn demoted(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Start(Tag::Heading {
            level: HeadingLevel::H1,
            id,
            classes,
            attrs,
        }) => Event::Start(Tag::Heading {
            level: HeadingLevel::H2,
            id,
            classes,
            attrs,
        }),
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
            Event::End(TagEnd::Heading(HeadingLevel::H2))
        }
        event => event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_page_under_its_title() {
        let Document { title, html } = draw(
            "# Terms of %{brand}\n\nOne *two*.\n\n# More\n\n[Mail](mailto:a@b.c)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
            "M & S",
        );
        assert_eq!(title.as_deref(), Some("Terms of M & S"));
        assert!(
            html.starts_with("<p>One <em>two</em>.</p>\n<h2>More</h2>"),
            "{html}"
        );
        assert!(html.contains("<a href=\"mailto:a@b.c\">Mail</a>"), "{html}");
        assert!(html.contains("<td>1</td>"), "{html}");
        assert_eq!(draw("%{brand}", "M & S").html, "<p>M &amp; S</p>\n");
    }

    #[test]
    fn what_could_run_or_load_is_text() {
        for markdown in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "<div onclick='x'>\n\n[a](javascript:alert(1))",
            "[a](JaVaScRiPt:alert(1)) [b](data:text/html,x) [c](//elsewhere)",
            "[a]: javascript:x\n\n[a]",
            "![a](https://elsewhere/pixel.png)",
            "<javascript:alert(1)>",
            "[x](<vbscript:y> \"\\\" onmouseover=z\")",
        ] {
            let html = draw(markdown, "<b>Brand</b>").html;
            for danger in [
                "<script",
                "<img",
                "<div",
                "href=\"java",
                "href=\"data",
                "href=\"//",
                "href=\"vb",
                "\" onmouseover",
            ] {
                assert!(!html.to_lowercase().contains(danger), "{markdown}: {html}");
            }
        }
    }
}
