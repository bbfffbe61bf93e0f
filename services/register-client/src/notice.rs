//! News about what the visitor just did.

use member_session::Flash;

/// register-server tells each flash once. When this service sends the visitor on to another page, they travel in
/// the address under this name; all they can do there is choose among fixed sentences.
const PARAMETER: &str = "notice";

/// The notices in the query of an address.
pub(crate) fn from_query(query: &str) -> Vec<Flash> {
    Flash::ALL
        .into_iter()
        .filter(|notice| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .any(|(name, value)| name == PARAMETER && value == notice.slug())
        })
        .collect()
}

/// `path` with the notices in its query.
pub(crate) fn carried(path: String, notices: &[Flash]) -> String {
    let mut address = path;
    for (position, notice) in notices.iter().enumerate() {
        let separator = if position == 0 { '?' } else { '&' };
        address = format!("{address}{separator}{PARAMETER}={}", notice.slug());
    }
    address
}
