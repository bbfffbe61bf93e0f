use super::luid;

/// What is asked of the members' API, one request after the other.
pub(crate) struct Questions {
    ask: Ask,
    token: String,
    first: u64,
    count: u64,
}

/// One kind of question.
pub(super) enum Ask {
    /// Whether somebody is a member: of these many members, and of strangers once in ten.
    Membership(u64),
    /// All about one of so many members.
    Document(u64),
    /// To become a member: somebody new each time.
    Register,
    /// A page of the website, as a browser asks for it.
    Visit(String),
    /// The same each time.
    Get(String),
    /// The same each time: path and body.
    Post(String, String),
}

/// One question in so many is about a stranger.
const STRANGERS: u64 = 10;

impl Questions {
    pub(super) fn new(ask: Ask, token: &str, first: u64, count: u64) -> Self {
        Self {
            ask,
            token: token.to_owned(),
            first,
            count,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The bytes of a request; false if there is none of this index any more.
    pub(crate) fn write(&self, index: u64, request: &mut Vec<u8>) -> bool {
        if index >= self.count {
            return false;
        }
        let number = self.first + index;
        match &self.ask {
            Ask::Membership(members) => {
                let stranger = number.is_multiple_of(STRANGERS).then_some(members + number);
                let luid = luid(stranger.unwrap_or_else(|| anybody(number, *members)));
                self.get(&format!("/users/{luid}/membership"), request);
            }
            Ask::Document(members) => {
                let luid = luid(anybody(number, *members));
                self.get(&format!("/users/{luid}"), request);
            }
            Ask::Register => self.post("/register", &candidate(number), request),
            Ask::Visit(path) => {
                let head = format!(
                    "GET {path} HTTP/1.1\r\nhost: bench\r\naccept-encoding: gzip\r\ncookie: __Host-kaiin-session={}; kaiin-lang=en\r\n\r\n",
                    self.token.trim()
                );
                request.clear();
                request.extend_from_slice(head.as_bytes());
            }
            Ask::Get(path) => self.get(path, request),
            Ask::Post(path, body) => self.post(path, body, request),
        }
        true
    }

    fn get(&self, path: &str, request: &mut Vec<u8>) {
        let token = &self.token;
        request.clear();
        request.extend_from_slice(
            format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n")
                .as_bytes(),
        );
    }

    fn post(&self, path: &str, body: &str, request: &mut Vec<u8>) {
        let (token, length) = (&self.token, body.len());
        request.clear();
        request.extend_from_slice(
            format!(
                "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            )
            .as_bytes(),
        );
    }
}

/// Somebody of so many, in an order that no index and no cache knows (the finalizer of `SplitMix64`).
fn anybody(number: u64, members: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % members
}

/// What the website sends when somebody registers.
fn candidate(number: u64) -> String {
    let luid = luid(number);
    format!(
        r#"{{"luid":"{luid}","display_name":"Alice 愛麗絲","picture_url":"https://profile.line-scdn.net/{luid}","language":"zh-TW","time_zone":"Asia/Taipei","consents":[{{"purpose":"news","version":"2026-01","language":"zh-TW","granted":true,"channel":"website"}}]}}"#
    )
}
