//! Pictures of the operator's, read once when the service starts.

use std::path::{Path, PathBuf};

/// The home page has 30 KiB for all that it loads; half of it is for a picture. In bytes.
const PICTURE_BYTES: usize = 16 * 1024;
/// A picture in the head of a page is at most so many times as wide as it is high.
const WIDEST: f64 = 6.0;
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What no still picture needs, in small letters; browsers are told to run nothing of it all the same.
const LIVE: [&str; 6] = [
    "<script",
    "<foreignobject",
    "<!doctype",
    "<!entity",
    "javascript:",
    "http-equiv",
];

/// A picture, as it is sent to browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    /// How wide it is at a height of [`Self::HEIGHT`], in CSS pixels.
    pub(crate) width: u32,
}

/// What kind of picture it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Svg,
    Png,
}

/// Why a picture is of no use.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It cannot be read.
    #[error("cannot be read from {}: {error}", .path.display())]
    Unreadable {
        /// From where.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// It would make the pages heavy.
    #[error("has {0} bytes; a picture has {PICTURE_BYTES} at most")]
    TooLarge(usize),
    /// It is neither.
    #[error("is neither SVG (with a viewBox) nor PNG")]
    Unknown,
    /// Something in it acts, or brings something along from elsewhere.
    #[error("is no still picture: it has {0} in it")]
    Live(String),
    /// It would not fit into the head of a page.
    #[error("must not be higher than wide, nor more than {WIDEST} times as wide as high")]
    Shape,
}

impl Picture {
    /// How high a logo stands in the head of a page, in CSS pixels.
    pub(crate) const HEIGHT: u32 = 32;

    /// The picture in the file at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self, PictureError> {
        let bytes = std::fs::read(path).map_err(|error| PictureError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(bytes)
    }

    fn parse(bytes: Vec<u8>) -> Result<Self, PictureError> {
        if bytes.len() > PICTURE_BYTES {
            return Err(PictureError::TooLarge(bytes.len()));
        }
        let (kind, (width, height)) = match std::str::from_utf8(&bytes) {
            Ok(text) => {
                let size = svg_size(text).ok_or(PictureError::Unknown)?;
                if let Some(live) = live_part(text) {
                    return Err(PictureError::Live(live));
                }
                (Kind::Svg, size)
            }
            Err(_) => (Kind::Png, png_size(&bytes).ok_or(PictureError::Unknown)?),
        };
        let ratio = width / height;
        if !(1.0..=WIDEST).contains(&ratio) {
            return Err(PictureError::Shape);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between one height and six"
        )]
        let width = (ratio * f64::from(Self::HEIGHT)).round() as u32;
        Ok(Self { kind, bytes, width })
    }
}

/// Width and height, from the first chunk (PNG, 11.2.1).
fn png_size(bytes: &[u8]) -> Option<(f64, f64)> {
    let header = bytes
        .strip_prefix(PNG_SIGNATURE)?
        .get(4..)?
        .strip_prefix(b"IHDR")?;
    let number = |from: usize| {
        let bytes = header.get(from..from + 4)?.try_into().ok()?;
        Some(f64::from(u32::from_be_bytes(bytes)))
    };
    Some((number(0)?, number(4)?))
}

/// Width and height, from the `viewBox` of the outermost element.
fn svg_size(text: &str) -> Option<(f64, f64)> {
    let root = text.split_once("<svg")?.1.split_once('>')?.0;
    let value = root.split_once("viewBox=")?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let numbers = value.split(quote).nth(1)?;
    let numbers: Vec<f64> = numbers
        .split([' ', ','])
        .filter(|number| !number.is_empty())
        .map_while(|number| number.parse().ok())
        .collect();
    match numbers[..] {
        [_, _, width, height] if width > 0.0 && height > 0.0 => Some((width, height)),
        _ => None,
    }
}

/// What in an SVG is not still, or not in the file: scripts, handlers, addresses.
fn live_part(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    let part = LIVE.iter().find(|part| text.contains(*part));
    let handler = || attributes(&text).find(|(name, _)| name.starts_with("on") && name.len() > 2);
    let outside = || {
        attributes(&text).find(|(name, value)| {
            matches!(*name, "href" | "xlink:href" | "src") && !value.starts_with('#')
        })
    };
    part.map(|part| (*part).to_owned()).or_else(|| {
        let (name, _) = handler().or_else(outside)?;
        Some(name.to_owned())
    })
}

/// What looks like an attribute: its name, and what its value begins with.
fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices('=').map(|(at, _)| {
        let before = text[..at].trim_end();
        let name = before
            .rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '/' | '<'))
            .next()
            .unwrap_or_default();
        let value = text[at + 1..].trim_start().trim_start_matches(['"', '\'']);
        (name, value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(inside: &str) -> Vec<u8> {
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 120 40'>{inside}<path d='M0 0h9'/></svg>"
        )
        .into_bytes()
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = PNG_SIGNATURE.to_vec();
        bytes.extend(13_u32.to_be_bytes());
        bytes.extend(b"IHDR");
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    #[test]
    fn a_picture_says_what_it_is_and_how_wide() {
        for (bytes, kind, width) in [
            (svg("<style>.a{fill:red}</style>"), Kind::Svg, 96),
            (svg("<use href='#a'/><g fill=\"url(#b)\"/>"), Kind::Svg, 96),
            (png(64, 64), Kind::Png, 32),
            (png(300, 64), Kind::Png, 150),
        ] {
            let picture = Picture::parse(bytes).unwrap();
            assert_eq!((picture.kind, picture.width), (kind, width));
        }
    }

    #[test]
    fn what_acts_or_comes_from_elsewhere_is_no_picture() {
        for inside in [
            "<script>alert(1)</script>",
            "<SCRIPT href='x'/>",
            "<g onload='alert(1)'/>",
            "<g OnLoad = \"alert(1)\"/>",
            "<g/onload=alert(1)>",
            "<a href='javascript:alert(1)'/>",
            "<image href='https://example.com/x.png'/>",
            "<image xlink:href=\"data:image/png;base64,AA\"/>",
            "<foreignObject/>",
        ] {
            let refused = Picture::parse(svg(inside)).unwrap_err();
            assert!(matches!(refused, PictureError::Live(_)), "{inside}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let huge = svg(&"<!-- -->".repeat(2500));
        assert!(matches!(
            Picture::parse(huge),
            Err(PictureError::TooLarge(_))
        ));
        for odd in [png(10, 20), png(700, 100)] {
            assert!(matches!(Picture::parse(odd), Err(PictureError::Shape)));
        }
        for other in [
            b"GIF89a\xff".to_vec(),
            b"hello".to_vec(),
            b"<svg width='1'>".to_vec(),
            b"<svg viewBox='0 0 0 0'>".to_vec(),
            PNG_SIGNATURE.to_vec(),
            png(0, 0)[..20].to_vec(),
        ] {
            assert!(matches!(Picture::parse(other), Err(PictureError::Unknown)));
        }
        assert!(Picture::parse(png(0, 0)).is_err());
    }
}
