//! The files a page loads: a stylesheet and an icon, coloured by the brand when the service starts, and its logo.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, header};

use crate::brand::{Brand, DARK_GROUND, LIGHT_GROUND};
use crate::colour::Colour;
use crate::compress;
use crate::picture::{Kind, Picture};

const STYLE: &str = include_str!("../assets/style.css");
const ICON: &str = include_str!("../assets/icon.svg");

/// A file under a name that changes with its content may be kept for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Under the name of another version, asked for by a page of a replica that is being replaced, it may not.
const NOT_KEPT: &str = "no-cache";

/// An SVG that is opened as a page of its own runs nothing and loads nothing; it may say how it looks.
const PICTURE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The files, ready to send.
pub(crate) struct Assets {
    pub(crate) style: Asset,
    pub(crate) icon: Asset,
    pub(crate) logo: Option<Logo>,
}

/// What stands in the head of every page.
pub(crate) struct Logo {
    pub(crate) light: Asset,
    /// The same for dark ground; without it, the other stands on a light plate there.
    pub(crate) dark: Option<Asset>,
}

/// One file.
pub(crate) struct Asset {
    stem: &'static str,
    kind: FileKind,
    hash: String,
    body: Bytes,
    /// The same with gzip, where that is smaller.
    compressed: Option<Bytes>,
    /// How wide a picture is, in CSS pixels.
    pub(crate) width: u32,
}

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Style,
    Picture(Kind),
}

impl Assets {
    pub(crate) fn new(brand: &Brand) -> Self {
        let style = format!(
            "{STYLE}:root{{--card:{};--on-card:{};{}}}@media (prefers-color-scheme:dark){{:root{{{}}}}}\n",
            brand.accent,
            brand.accent.writing(),
            variables(brand.accent, LIGHT_GROUND),
            variables(brand.accent_dark, DARK_GROUND),
        );
        let mark = || {
            let mark = ICON
                .replace("ACCENT", &brand.accent.to_string())
                .replace("WRITING", &brand.accent.writing().to_string());
            Asset::new("icon", FileKind::Picture(Kind::Svg), mark.into())
        };
        let icon = brand.icon.as_ref();
        let light = brand.logo.as_ref();
        let dark = brand.logo_dark.as_ref();
        Self {
            style: Asset::new("style", FileKind::Style, style.into()),
            icon: icon.map_or_else(mark, |icon| Asset::picture("icon", icon)),
            logo: light.map(|light| Logo {
                light: Asset::picture("logo", light),
                dark: dark.map(|dark| Asset::picture("logo-dark", dark)),
            }),
        }
    }

    /// The file called `name`, if there is one, for a browser that takes gzip or not.
    pub(crate) fn answer(&self, name: &str, takes_gzip: bool) -> Option<Response> {
        let logo = self.logo.as_ref();
        let light = logo.map(|logo| &logo.light);
        let dark = logo.and_then(|logo| logo.dark.as_ref());
        [Some(&self.style), Some(&self.icon), light, dark]
            .into_iter()
            .flatten()
            .find_map(|asset| asset.answer(name, takes_gzip))
    }
}

impl Asset {
    fn new(stem: &'static str, kind: FileKind, body: Vec<u8>) -> Self {
        // It tells versions apart and protects nothing; replicas of one release agree on it.
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self {
            stem,
            kind,
            hash: format!("{:016x}", hasher.finish()),
            compressed: Some(compress::once(&body))
                .filter(|compressed| compressed.len() < body.len())
                .map(Bytes::from),
            body: body.into(),
            width: Picture::HEIGHT,
        }
    }

    fn picture(stem: &'static str, picture: &Picture) -> Self {
        Self {
            width: picture.width,
            ..Self::new(stem, FileKind::Picture(picture.kind), picture.bytes.clone())
        }
    }

    /// Where a page finds it.
    pub(crate) fn path(&self) -> String {
        let extension = self.kind.extension();
        format!("/assets/{}.{}.{extension}", self.stem, self.hash)
    }

    pub(crate) fn media_type(&self) -> &'static str {
        self.kind.media_type()
    }

    /// The file if `name` is its name, with how long it may be kept.
    fn answer(&self, name: &str, takes_gzip: bool) -> Option<Response> {
        let hash = name
            .strip_prefix(self.stem)?
            .strip_prefix('.')?
            .strip_suffix(self.kind.extension())?
            .strip_suffix('.')?;
        let caching = if hash == self.hash {
            FOR_EVER
        } else {
            NOT_KEPT
        };
        let headers = [
            (header::CONTENT_TYPE, self.media_type()),
            (header::CACHE_CONTROL, caching),
            (header::VARY, "Accept-Encoding"),
        ];
        let compressed = self.compressed.as_ref().filter(|_| takes_gzip);
        let mut response = if let Some(compressed) = compressed {
            let encoding = [(header::CONTENT_ENCODING, "gzip")];
            (headers, encoding, compressed.clone()).into_response()
        } else {
            (headers, self.body.clone()).into_response()
        };
        if self.kind != FileKind::Style {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, PICTURE_POLICY);
        }
        Some(response)
    }
}

impl FileKind {
    const fn extension(self) -> &'static str {
        match self {
            Self::Style => "css",
            Self::Picture(Kind::Svg) => "svg",
            Self::Picture(Kind::Png) => "png",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Picture(Kind::Svg) => "image/svg+xml",
            Self::Picture(Kind::Png) => "image/png",
        }
    }
}

fn variables(accent: Colour, ground: Colour) -> String {
    format!(
        "--accent:{accent};--on-accent:{};--accent-soft:{}",
        accent.writing(),
        accent.over(ground, 12),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The colours of the scheme whose `:root` block is the `nth` of the stylesheet.
    fn colours(nth: usize) -> HashMap<&'static str, Colour> {
        let block = STYLE
            .split(":root {")
            .nth(nth)
            .unwrap()
            .split('}')
            .next()
            .unwrap();
        block
            .split(';')
            .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "))
            .filter_map(|(name, value)| Some((name, Colour::parse(value)?)))
            .collect()
    }

    #[test]
    fn text_can_be_read_in_both_schemes() {
        let brand = Brand::read(None).unwrap();
        for (nth, accent, dimmest) in [
            (1, brand.accent, LIGHT_GROUND),
            (2, brand.accent_dark, DARK_GROUND),
        ] {
            let of = colours(nth);
            let soft = accent.over(dimmest, 12);
            for (name, writing, ground) in [
                ("text", of["text"], of["ground"]),
                ("text on a panel", of["text"], of["surface"]),
                ("text in a notice", of["text"], soft),
                ("good news", of["text"], of["good-soft"]),
                ("hints", of["muted"], of["ground"]),
                ("hints on a panel", of["muted"], of["surface"]),
                ("complaints", of["bad"], of["surface"]),
                ("the error summary", of["bad"], of["bad-soft"]),
                ("the way out", of["bad"], of["ground"]),
                ("the leave button", of["on-bad"], of["bad"]),
                ("links", accent, of["ground"]),
                ("links on a panel", accent, of["surface"]),
                ("buttons", accent.writing(), accent),
            ] {
                let ratio = writing.contrast(ground);
                assert!(ratio >= 4.5, "{name}: {ratio:.2}");
            }
            // The edges of fields (WCAG 2.2, 1.4.11).
            assert!(of["edge"].contrast(of["surface"]) >= 3.0);
        }
    }

    #[test]
    fn the_sign_in_button_can_be_read() {
        let button = STYLE.split(".button.line {").nth(1).unwrap();
        let colours: Vec<Colour> = button
            .split([' ', ';'])
            .filter_map(Colour::parse)
            .take(2)
            .collect();
        assert!(colours[0].contrast(colours[1]) >= 7.0);
    }
}
