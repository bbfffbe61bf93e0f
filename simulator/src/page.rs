//! The page at `/` and its files, all of them in the binary.

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{StatusCode, header};

use crate::app::App;
use crate::html;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const FILES: [(&str, &str, &str); 15] = [
    ("style.css", STYLE, include_str!("page/style.css")),
    ("chat.css", STYLE, include_str!("page/chat.css")),
    ("inspector.css", STYLE, include_str!("page/inspector.css")),
    ("login.css", STYLE, include_str!("page/login.css")),
    ("api.js", SCRIPT, include_str!("page/api.js")),
    ("app.js", SCRIPT, include_str!("page/app.js")),
    ("bar.js", SCRIPT, include_str!("page/bar.js")),
    ("chat.js", SCRIPT, include_str!("page/chat.js")),
    ("composer.js", SCRIPT, include_str!("page/composer.js")),
    ("dom.js", SCRIPT, include_str!("page/dom.js")),
    ("flex.js", SCRIPT, include_str!("page/flex.js")),
    ("icons.js", SCRIPT, include_str!("page/icons.js")),
    ("inspector.js", SCRIPT, include_str!("page/inspector.js")),
    ("phones.js", SCRIPT, include_str!("page/phones.js")),
    ("stickers.js", SCRIPT, include_str!("page/stickers.js")),
];

pub(crate) fn routes() -> Router<App> {
    FILES.into_iter().fold(
        Router::new().route("/", get(index)),
        |router, (name, kind, text)| {
            router.route(
                &format!("/_sim/page/{name}"),
                get(async move || file(kind, text)),
            )
        },
    )
}

async fn index() -> Response {
    html::page(StatusCode::OK, include_str!("page/index.html").to_owned())
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
