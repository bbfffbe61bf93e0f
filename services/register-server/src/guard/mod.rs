//! What a request must be like before anybody looks at what it says, and what people see where it is not.

mod host;
mod origin;
mod page;
mod rate;

pub(crate) use host::our_host;
pub(crate) use origin::same_origin;
pub(crate) use page::as_a_page;
pub(crate) use rate::{Limits, few_callbacks, few_logins};

use http::{HeaderMap, HeaderName};

struct Repeated;

/// The value of a header that may come once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h [u8]>, Repeated> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first.map(http::HeaderValue::as_bytes)),
        (_, Some(_)) => Err(Repeated),
    }
}
