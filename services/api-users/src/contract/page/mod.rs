//! The document as a page: made once, whole in itself, without scripts.

mod curl;
mod operation;
mod schema;
mod text;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, OpenApi};

use super::{operations, problems};

const STYLE: &str = include_str!("style.css");

/// The page, and the policy that lets it do nothing but be read.
pub(crate) fn page(document: &OpenApi) -> (String, String) {
    let style = BASE64_STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    (render(document).into_string(), policy)
}

fn render(document: &OpenApi) -> Markup {
    let components = document.components.clone().unwrap_or_default();
    let groups = groups(document);
    let info = &document.info;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (info.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (contents(&groups))
                main {
                    h1 { (info.title) }
                    p.note { "Version " (info.version) " · OpenAPI 3.1: " a href="openapi.json" { "openapi.json" } }
                    div.introduction {
                        (text::paragraphs(info.description.as_deref().unwrap_or_default()))
                    }
                    @for group in &groups { (section(group, &components)) }
                    (schema::documents(&components))
                    (problems())
                }
            }
        }
    }
}

/// Operations of one tag.
struct Group<'a> {
    name: &'a str,
    what: &'a str,
    operations: Vec<(Method, &'a str, &'a Operation)>,
}

impl Group<'_> {
    fn anchor(&self) -> String {
        self.name.to_lowercase()
    }
}

fn groups(document: &OpenApi) -> Vec<Group<'_>> {
    let tags = document.tags.iter().flatten();
    tags.map(|tag| Group {
        name: &tag.name,
        what: tag.description.as_deref().unwrap_or_default(),
        operations: document
            .paths
            .paths
            .iter()
            .flat_map(|(path, item)| {
                operations(item).map(|(method, operation)| (method, path.as_str(), operation))
            })
            .filter(|(.., operation)| operation.tags.iter().flatten().any(|own| *own == tag.name))
            .collect(),
    })
    .collect()
}

fn contents(groups: &[Group<'_>]) -> Markup {
    html! {
        nav aria-label="Contents" {
            @for group in groups {
                div {
                    a.group href={ "#" (group.anchor()) } { (group.name) }
                    ul {
                        @for (method, path, operation) in &group.operations {
                            li { a href={ "#" (operation::anchor(operation)) } {
                                (operation::verb(method)) span { (text::path(path)) }
                            } }
                        }
                    }
                }
            }
            div { a.group href="#documents" { "Documents" } }
            div { a.group href="#problems" { "Problems" } }
        }
    }
}

fn section(group: &Group<'_>, components: &Components) -> Markup {
    html! {
        section id=(group.anchor()) {
            h2 { (group.name) }
            p { (text::inline(group.what)) }
            @for (method, path, operation) in &group.operations {
                (operation::operation(method, path, operation, components))
            }
        }
    }
}

fn problems() -> Markup {
    html! {
        section id="problems" {
            h2 { "Problems" }
            p { "What an error's " code { "type" } " can be. They stay as they are; new ones may come." }
            dl.fields {
                @for kind in problems::KINDS {
                    div id={ "problem-" (kind.name) } {
                        dt { (operation::status(kind.status)) " " code { (kind.uri()) } }
                        dd { (text::inline(kind.meaning)) }
                    }
                }
            }
        }
    }
}
