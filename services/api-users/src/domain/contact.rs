use std::fmt;

use super::Invalid;

/// An e-mail address, in as much of RFC 5321's shape as can be seen from outside: one `@` with something on both sides,
/// 254 characters at most, no blanks. Whether it reaches anybody only a message to it can tell.
pub(crate) struct Email(String);

impl Email {
    const LENGTH: usize = 254;
    const LOCAL_LENGTH: usize = 64;

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let fits = raw.chars().count() <= Self::LENGTH
            && !raw
                .chars()
                .any(|char| char.is_whitespace() || char.is_control())
            && raw.split_once('@').is_some_and(|(local, domain)| {
                (1..=Self::LOCAL_LENGTH).contains(&local.chars().count())
                    && !domain.is_empty()
                    && !domain.contains('@')
            });
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid(
                "must be an e-mail address of 254 characters or fewer",
            ))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A telephone number in the form of E.164: `+`, then 7 to 15 digits, the first not 0.
pub(crate) struct Phone(String);

impl Phone {
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let fits = raw.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid(
                "must be + and 7 to 15 digits, such as +886912345678",
            ))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}
