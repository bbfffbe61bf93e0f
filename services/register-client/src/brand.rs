use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde::Deserialize;
use url::Url;

use crate::colour::Colour;
use crate::own_texts::{OwnTexts, TextError, Written};
use crate::picture::{Picture, PictureError};

/// The grounds that pages are drawn on, in the light and in the dark; the stylesheet has them too.
pub(crate) const LIGHT_GROUND: Colour = Colour::new([0xf6, 0xf6, 0xf2]);
pub(crate) const DARK_GROUND: Colour = Colour::new([0x1e, 0x22, 0x29]);
/// What text needs to stand out from its ground (WCAG 2.2, 1.4.3, level AA).
const READABLE: f64 = 4.5;

/// Whose website this is.
#[derive(Debug, Clone)]
pub(crate) struct Brand {
    /// The name of the account, as people know it.
    pub(crate) name: String,
    /// What stands in the head of every page in place of our mark and the name, in the light and in the dark.
    pub(crate) logo: Option<Picture>,
    pub(crate) logo_dark: Option<Picture>,
    /// What browsers show beside the title, in place of our mark.
    pub(crate) icon: Option<Picture>,
    /// The colour of links and buttons, in the light and in the dark.
    pub(crate) accent: Colour,
    pub(crate) accent_dark: Colour,
    /// The time zone of dates on the pages; without it, that of the language.
    pub(crate) zone: Option<Tz>,
    /// Where the chat is.
    pub(crate) chat_link: Option<Url>,
    /// What is said in place of our own words.
    pub(crate) texts: OwnTexts,
}

/// The file named by `BRAND`, in YAML (or JSON, which is YAML). Its fields are described in the README.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    name: String,
    logo: Option<PathBuf>,
    logo_dark: Option<PathBuf>,
    icon: Option<PathBuf>,
    accent: String,
    accent_dark: String,
    zone: Option<String>,
    chat_link: Option<Url>,
    texts: Written,
}

impl Default for File {
    fn default() -> Self {
        Self {
            name: "Kaiin".into(),
            logo: None,
            logo_dark: None,
            icon: None,
            accent: "#2b4c8c".into(),
            accent_dark: "#a3bcf5".into(),
            zone: None,
            chat_link: None,
            texts: Written::new(),
        }
    }
}

/// Why a brand file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum BrandError {
    /// It cannot be read.
    #[error("BRAND cannot be read from {}", .0.display())]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is not YAML, or says something that a brand does not have.
    #[error("BRAND is not understood: {}", .0.display())]
    Malformed(PathBuf, #[source] serde_norway::Error),
    /// The name is empty, or too long for the head of a page.
    #[error("BRAND needs a name of 1 to 40 characters")]
    Name,
    /// A colour is not `#rrggbb`.
    #[error("BRAND: {0} must be a colour such as #2b4c8c")]
    Colour(&'static str),
    /// Links in this colour could not be read.
    #[error("BRAND: {setting} has a contrast of {ratio:.1} on the page; text needs {READABLE}")]
    Contrast {
        /// Which colour.
        setting: &'static str,
        /// Its contrast ratio.
        ratio: f64,
    },
    /// The zone is not one.
    #[error("BRAND: {0} is not a time zone such as Asia/Taipei")]
    Zone(String),
    /// The chat link is not a web address.
    #[error("BRAND: chat_link must begin with https:// (or http:// for a chat on this machine)")]
    ChatLink,
    /// A logo or icon is not usable.
    #[error("BRAND: {0} {1}")]
    Picture(&'static str, PictureError),
    /// A logo for the dark alone.
    #[error("BRAND: logo_dark needs a logo for the light as well")]
    DarkAlone,
    /// A text cannot be said.
    #[error("BRAND: {0}")]
    Text(#[from] TextError),
}

impl Brand {
    /// The brand in the file at `path`; Kaiin's own without one.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, BrandError> {
        let Some(path) = path else {
            return Self::parse(File::default(), Path::new(""));
        };
        let text = std::fs::read_to_string(path)
            .map_err(|source| BrandError::Unreadable(path.to_owned(), source))?;
        let file = serde_norway::from_str(&text)
            .map_err(|source| BrandError::Malformed(path.to_owned(), source))?;
        Self::parse(file, path.parent().unwrap_or(Path::new("")))
    }

    /// Pictures lie in `folder`.
    fn parse(file: File, folder: &Path) -> Result<Self, BrandError> {
        let name = file.name.trim().to_owned();
        if !(1..=40).contains(&name.chars().count()) {
            return Err(BrandError::Name);
        }
        if file
            .chat_link
            .as_ref()
            .is_some_and(|link| !matches!(link.scheme(), "https" | "http"))
        {
            return Err(BrandError::ChatLink);
        }
        if file.logo.is_none() && file.logo_dark.is_some() {
            return Err(BrandError::DarkAlone);
        }
        let picture = |setting: &'static str, name: Option<PathBuf>| {
            let read = name.map(|name| Picture::read(&folder.join(name)));
            read.transpose()
                .map_err(|error| BrandError::Picture(setting, error))
        };
        Ok(Self {
            name,
            logo: picture("logo", file.logo)?,
            logo_dark: picture("logo_dark", file.logo_dark)?,
            icon: picture("icon", file.icon)?,
            accent: readable("accent", &file.accent, LIGHT_GROUND)?,
            accent_dark: readable("accent_dark", &file.accent_dark, DARK_GROUND)?,
            zone: file
                .zone
                .map(|name| name.parse().map_err(|_| BrandError::Zone(name)))
                .transpose()?,
            chat_link: file.chat_link,
            texts: OwnTexts::parse(file.texts)?,
        })
    }
}

fn readable(setting: &'static str, raw: &str, ground: Colour) -> Result<Colour, BrandError> {
    let colour = Colour::parse(raw).ok_or(BrandError::Colour(setting))?;
    let ratio = colour.contrast(ground);
    if ratio < READABLE {
        return Err(BrandError::Contrast { setting, ratio });
    }
    Ok(colour)
}
