//! What travels in the address of a page when this service sends a visitor on to it. All that it can do there is choose
//! among fixed sentences and pages.

use member_session::{Flash, Page};

/// register-server tells each flash once; those that were not told yet travel under this name.
const NOTICE: &str = "notice";
/// Under this name, the page that somebody wanted who must sign in first.
const NEXT: &str = "next";

/// The notices in the query of an address.
pub(crate) fn from_query(query: &str) -> Vec<Flash> {
    Flash::ALL
        .into_iter()
        .filter(|notice| values(query, NOTICE).any(|value| value == notice.slug()))
        .collect()
}

/// The page that somebody wanted, if it is one to come back to.
pub(crate) fn next(query: &str) -> Option<Page> {
    values(query, NEXT).find_map(Page::sought)
}

/// `path` with the notices, and the path of the page that was wanted, in its query.
pub(crate) fn carried(path: String, notices: &[Flash], next: Option<&str>) -> String {
    let notices = notices.iter().map(|notice| (NOTICE, notice.slug()));
    let pairs = notices.chain(next.map(|next| (NEXT, next)));
    let query: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if query.is_empty() {
        path
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

fn values<'q>(query: &'q str, wanted: &'static str) -> impl Iterator<Item = &'q str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter_map(move |(name, value)| (name == wanted).then_some(value))
}
