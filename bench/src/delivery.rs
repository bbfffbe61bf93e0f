//! Deliveries as LINE makes them: one text message of a length that varies, in a body of 599 to 634 bytes, signed.
//!
//! Everything is fixed but the numbers in it, so that a delivery is put together by copying. The signatures are the
//! dear part and are made before the first delivery leaves.

use line_api::signature::sign;
use secrecy::SecretString;
use service_kit::{Clock, Timestamp};

use crate::SECRET;

/// How many people write: each is a conversation of their own.
const PEOPLE: u64 = 10_000;

/// How far back the events of [`Kind::Stale`] lie; the webhook acts on nothing older than three days.
const STALE_MS: i64 = 4 * 24 * 60 * 60 * 1000;

const HEAD: &[u8] = b"POST /callback HTTP/1.1\r\nhost: bench\r\nuser-agent: LineBotWebhook/2.0\r\ncontent-type: application/json; charset=utf-8\r\nx-line-signature: ";
const DESTINATION: &[u8] = b"{\"destination\":\"U0000000000000000000000000000b0ca\",\"events\":[";
const QUOTE: &[u8] = b"\",\"quoteToken\":\"q3Plxr4AgKd0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefgh\",\"text\":\"";
/// The longest text; the others end with it.
const TEXT: &[u8] = b"I would like to know what is on at the weekend, please, and whether it rains, for we come with the children and would rather walk there..";

/// What the events ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// An answer.
    Message,
    /// Nothing: another channel answers (`standby`). Stored, taken up and finished like any other.
    Standby,
    /// Nothing any more: four days old. Stored only.
    Stale,
}

/// Deliveries that are ready to leave, numbered from `first`; no event is in two of them.
pub(crate) struct Deliveries {
    kind: Kind,
    first: u64,
    per_delivery: u64,
    timestamp: Vec<u8>,
    signatures: Vec<u8>,
}

/// Base64 of 32 bytes.
const SIGNATURE_BYTES: usize = 44;

impl Deliveries {
    /// Signs `count` deliveries of `per_delivery` events each, or makes up their signatures.
    pub(crate) fn prepare(
        kind: Kind,
        first: u64,
        count: u64,
        per_delivery: u64,
        forged: bool,
    ) -> Self {
        let mut now = Clock::system().now();
        if kind == Kind::Stale {
            now = Timestamp::from_millis(now.as_millis() - STALE_MS);
        }
        let mut deliveries = Self {
            kind,
            first,
            per_delivery,
            timestamp: now.as_millis().to_string().into_bytes(),
            signatures: Vec::new(),
        };
        let secret = SecretString::from(if forged { "not the secret" } else { SECRET });
        let mut body = Vec::new();
        for index in 0..count {
            body.clear();
            deliveries.write_body(index, &mut body);
            let signature = sign(&secret, &body);
            deliveries
                .signatures
                .extend_from_slice(signature.as_bytes());
        }
        deliveries
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        (self.signatures.len() / SIGNATURE_BYTES) as u64
    }

    /// The bytes of a delivery's request; false if there is none of this index any more.
    pub(crate) fn write(&self, index: u64, request: &mut Vec<u8>) -> bool {
        let Some(signature) = usize::try_from(index)
            .ok()
            .and_then(|index| self.signatures.chunks_exact(SIGNATURE_BYTES).nth(index))
        else {
            return false;
        };
        request.clear();
        request.extend_from_slice(HEAD);
        request.extend_from_slice(signature);
        request.extend_from_slice(b"\r\ncontent-length: ");
        let length_at = request.len();
        request.extend_from_slice(b"000000\r\n\r\n");
        let body_at = request.len();
        self.write_body(index, request);
        let length = (request.len() - body_at) as u64;
        decimal(length, &mut request[length_at..length_at + 6]);
        true
    }

    fn write_body(&self, index: u64, body: &mut Vec<u8>) {
        body.extend_from_slice(DESTINATION);
        let begin = self.first + index * self.per_delivery;
        for number in begin..begin + self.per_delivery {
            if number > begin {
                body.push(b',');
            }
            self.write_event(number, body);
        }
        body.extend_from_slice(b"]}");
    }

    fn write_event(&self, number: u64, body: &mut Vec<u8>) {
        body.extend_from_slice(b"{\"type\":\"message\",\"message\":{\"type\":\"text\",\"id\":\"5");
        with_digits(number, 17, body);
        body.extend_from_slice(QUOTE);
        let shorter = usize::try_from(number % 36).unwrap_or_default();
        body.extend_from_slice(&TEXT[shorter..]);
        body.extend_from_slice(b"\"},\"webhookEventId\":\"01HBENCHMK");
        with_digits(number, 16, body);
        body.extend_from_slice(b"\",\"deliveryContext\":{\"isRedelivery\":false},\"timestamp\":");
        body.extend_from_slice(&self.timestamp);
        body.extend_from_slice(b",\"source\":{\"type\":\"user\",\"userId\":\"U5eed5eed5eed5eed");
        with_digits(number % PEOPLE, 16, body);
        body.extend_from_slice(b"\"},\"replyToken\":\"5eed5eed5eed5eed");
        with_digits(number, 16, body);
        body.extend_from_slice(match self.kind {
            Kind::Standby => b"\",\"mode\":\"standby\"}",
            Kind::Message | Kind::Stale => b"\",\"mode\":\"active\"}",
        });
    }
}

fn with_digits(number: u64, digits: usize, text: &mut Vec<u8>) {
    let at = text.len();
    text.resize(at + digits, b'0');
    decimal(number, &mut text[at..]);
}

/// Writes the number right-aligned, with leading zeros.
fn decimal(mut number: u64, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use line_api::signature::ChannelSecrets;

    use super::*;

    #[test]
    fn bodies_are_as_long_as_lines_and_signed() {
        let deliveries = Deliveries::prepare(Kind::Message, 7, 100, 1, false);
        let secrets = ChannelSecrets::parse(&SecretString::from(SECRET)).unwrap();
        let mut request = Vec::new();
        for index in 0..deliveries.count() {
            assert!(deliveries.write(index, &mut request));
            let text = String::from_utf8(request.clone()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!((599..=634).contains(&body.len()), "{}", body.len());
            assert!(head.contains(&format!("content-length: {:06}", body.len())));
            let signature = head
                .lines()
                .find_map(|line| line.strip_prefix("x-line-signature: "))
                .unwrap();
            secrets
                .verify(signature.as_bytes(), body.as_bytes())
                .unwrap();
            let delivery: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(delivery["events"].as_array().unwrap().len(), 1);
        }
        assert!(!deliveries.write(100, &mut request));
    }
}
