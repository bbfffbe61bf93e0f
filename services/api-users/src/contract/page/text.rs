use maud::{Markup, html};

/// Paragraphs of text, in which backquotes stand around code.
pub(super) fn paragraphs(text: &str) -> Markup {
    html! { @for paragraph in text.split("\n\n") { p { (inline(paragraph)) } } }
}

/// The same, within a paragraph.
pub(super) fn inline(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A path that may be broken after each of its parts.
pub(super) fn path(path: &str) -> Markup {
    html! {
        @for (index, part) in path.split('/').enumerate().skip(1) {
            @if index > 1 { wbr; }
            "/"
            @if part.starts_with('{') { em { (part) } } @else { (part) }
        }
    }
}
