//! Template messages.

use serde_json::Value;

use super::action::{self, Place};
use super::media::{tap, thumbnail};
use super::node::{Check, Count, Node};

const KINDS: [&str; 4] = ["buttons", "confirm", "carousel", "image_carousel"];

pub(super) fn check(check: &mut Check, message: &Node<'_>) {
    check.text(&message.at("altText"), 1500, Count::Units);
    let template = message.at("template");
    if !template.given() {
        return check.fail(&template, "must be specified");
    }
    match check.one_of(&template.at("type"), &KINDS) {
        Some("buttons") => {
            body(check, &template, 160);
            actions(check, &template.at("actions"), 1, 4);
            tap(check, &template.at("defaultAction"));
        }
        Some("confirm") => {
            check.text(&template.at("text"), 240, Count::Graphemes);
            actions(check, &template.at("actions"), 2, 2);
        }
        Some("carousel") => carousel(check, &template.at("columns")),
        Some("image_carousel") => {
            check.size(&template.at("columns"), 1, 10);
            for column in template.at("columns").items() {
                check.url(&column.at("imageUrl"), 2000, &["https"]);
                action::check(check, &column.at("action"), Place::ImageCarousel);
            }
        }
        _ => {}
    }
}

/// Picture, title and text; beside a picture or a title there is less room for the text.
fn body(check: &mut Check, node: &Node<'_>, most: usize) {
    thumbnail(check, &node.at("thumbnailImageUrl"));
    check.text_if_given(&node.at("title"), 40, Count::Graphemes);
    let crowded = node.at("title").given() || node.at("thumbnailImageUrl").given();
    let most = if crowded { 60 } else { most };
    check.text(&node.at("text"), most, Count::Graphemes);
}

fn carousel(check: &mut Check, columns: &Node<'_>) {
    check.size(columns, 1, 10);
    let mut first = None;
    for column in columns.items() {
        body(check, &column, 120);
        actions(check, &column.at("actions"), 1, 3);
        tap(check, &column.at("defaultAction"));
        let count = column
            .at("actions")
            .value()
            .and_then(Value::as_array)
            .map(Vec::len);
        if *first.get_or_insert(count) != count {
            check.fail(
                &column.at("actions"),
                "must be as many as in the other columns",
            );
        }
    }
}

fn actions(check: &mut Check, list: &Node<'_>, least: usize, most: usize) {
    check.size(list, least, most);
    for item in list.items() {
        action::check(check, &item, Place::Template);
    }
}
