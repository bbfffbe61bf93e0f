//! News about what the visitor just did.

use member_session::Flash;

const ALL: [Flash; 5] = [
    Flash::Saved,
    Flash::SignedOut,
    Flash::SignInFirst,
    Flash::AlreadyMember,
    Flash::TryAgain,
];
/// register-server tells each flash once. When this service sends the visitor on to another page, they travel in
/// the address under this name; all they can do there is choose among fixed sentences.
const PARAMETER: &str = "notice";

/// Its name in addresses and among the texts.
pub(crate) const fn slug(notice: Flash) -> &'static str {
    match notice {
        Flash::Saved => "saved",
        Flash::SignedOut => "signed_out",
        Flash::SignInFirst => "sign_in_first",
        Flash::AlreadyMember => "already_member",
        Flash::TryAgain => "try_again",
    }
}

/// The notices in the query of an address.
pub(crate) fn from_query(query: &str) -> Vec<Flash> {
    ALL.into_iter()
        .filter(|notice| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .any(|(name, value)| name == PARAMETER && value == slug(*notice))
        })
        .collect()
}

/// `path` with the notices in its query.
pub(crate) fn carried(path: String, notices: &[Flash]) -> String {
    let mut address = path;
    for (position, notice) in notices.iter().enumerate() {
        let separator = if position == 0 { '?' } else { '&' };
        address = format!("{address}{separator}{PARAMETER}={}", slug(*notice));
    }
    address
}
