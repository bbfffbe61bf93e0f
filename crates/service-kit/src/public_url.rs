//! The website's own address, which every part of it must agree on.

use url::Url;

use crate::Profile;

/// Why `PUBLIC_URL` is of no use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// It is more than an origin, or none.
    #[error("PUBLIC_URL must be an origin such as https://member.example.com, without a path")]
    NotAnOrigin,
    /// Cookies and sign-ins would travel in the clear.
    #[error("PUBLIC_URL must be https in the production profile")]
    NotHttps,
}

/// The origin that `url` is, as browsers write it in `Origin`: https, unless the profile is `dev`.
pub fn origin(url: &Url, profile: Profile) -> Result<String, PublicUrlError> {
    let bare = url.has_host()
        && matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        return Err(PublicUrlError::NotAnOrigin);
    }
    if profile == Profile::Production && url.scheme() != "https" {
        return Err(PublicUrlError::NotHttps);
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, profile: Profile) -> Result<String, PublicUrlError> {
        origin(&url.parse().unwrap(), profile)
    }

    #[test]
    fn an_origin_and_nothing_more_is_taken() {
        let expected = "https://member.example.com";
        assert_eq!(
            of("https://member.example.com", Profile::Production).unwrap(),
            expected
        );
        assert_eq!(
            of("http://127.0.0.1:8100/", Profile::Dev).unwrap(),
            "http://127.0.0.1:8100"
        );
        for more in ["/x", "/?a=b", "/#a"] {
            let url = format!("{expected}{more}");
            assert_eq!(
                of(&url, Profile::Dev),
                Err(PublicUrlError::NotAnOrigin),
                "{url}"
            );
        }
        for url in [
            "https://mei@member.example.com",
            "https://:x@member.example.com",
            "ftp://member.example.com",
            "mailto:a@b",
        ] {
            assert_eq!(
                of(url, Profile::Dev),
                Err(PublicUrlError::NotAnOrigin),
                "{url}"
            );
        }
    }

    #[test]
    fn in_production_it_is_https() {
        assert_eq!(
            of("http://member.example.com", Profile::Production),
            Err(PublicUrlError::NotHttps)
        );
    }
}
