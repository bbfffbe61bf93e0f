//! The three cookies. All of them are `__Host-`: no other host, and no plain HTTP beyond loopback, can set them.

use http::{HeaderMap, HeaderValue, header};
use member_session::{
    FLASH_COOKIE as FLASH, Flash, LANGUAGE_COOKIE, Language, SESSION_COOKIE as SESSION,
};

use crate::secret_id::SecretId;

const BROWSER: &str = "__Host-kaiin-login";

/// As long as a login may take, in seconds.
const BROWSER_AGE: u32 = 600;
/// A flash that nobody showed by then is stale, in seconds.
const FLASH_AGE: u32 = 60;

/// The browser that a login belongs to, and the language it was started in: the callback of a login that nobody
/// knows any more still answers in that language.
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) id: SecretId,
    pub(crate) language: Language,
}

/// The session's ID, if the request carries one.
pub(crate) fn session(headers: &HeaderMap) -> Option<SecretId> {
    SecretId::parse(value(headers, SESSION)?)
}

/// The browser's ID, if it has one.
pub(crate) fn browser(headers: &HeaderMap) -> Option<Browser> {
    let (id, language) = value(headers, BROWSER)?.split_once('.')?;
    Some(Browser {
        id: SecretId::parse(id)?,
        language: Language::from_tag(language)?,
    })
}

/// The language of the page that they saw last.
pub(crate) fn language(headers: &HeaderMap) -> Option<Language> {
    Language::from_tag(value(headers, LANGUAGE_COOKIE)?)
}

/// What the visitor is to be told.
pub(crate) fn flash(headers: &HeaderMap) -> Option<Flash> {
    Flash::from_slug(value(headers, FLASH)?)
}

/// Sets the session's cookie. It ends with the browser; the store ends it sooner.
pub(crate) fn set_session(id: &SecretId) -> HeaderValue {
    cookie(SESSION, &id.text(), "")
}

/// Takes the session's cookie away.
pub(crate) fn clear_session() -> HeaderValue {
    cookie(SESSION, "", "; Max-Age=0")
}

/// Sets the cookie that binds logins to this browser.
pub(crate) fn set_browser(browser: &Browser) -> HeaderValue {
    let value = format!("{}.{}", browser.id.text(), browser.language.tag());
    cookie(BROWSER, &value, &format!("; Max-Age={BROWSER_AGE}"))
}

/// Tells `flash` on the next page. It is one word out of a few, so a cookie may hold it.
pub(crate) fn set_flash(flash: Flash) -> HeaderValue {
    cookie(FLASH, flash.slug(), &format!("; Max-Age={FLASH_AGE}"))
}

/// Takes the flash away: it was told.
pub(crate) fn clear_flash() -> HeaderValue {
    cookie(FLASH, "", "; Max-Age=0")
}

/// `SameSite=Strict` would keep the cookie at home on the way back from LINE.
fn cookie(name: &str, value: &str, age: &str) -> HeaderValue {
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}"
    ))
    .expect("names, base64url, slugs and language tags are visible ASCII")
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
