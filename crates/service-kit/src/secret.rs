//! Settings that must stay secret and must be real.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

/// Why a secret setting is of no use. Names the setting, never its value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Neither the setting nor its file is given.
    #[error("{0} is missing: set {0}, or {0}_FILE to a file that holds it")]
    Missing(&'static str),
    /// It is given and holds nothing.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// It is what an example file says.
    #[error("{0} is still a placeholder: put the real value in")]
    Placeholder(&'static str),
    /// Its file cannot be read.
    #[error("{name}_FILE cannot be read from {}", .path.display())]
    File {
        /// The setting.
        name: &'static str,
        /// The file it names.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The value parser of secret settings for clap.
pub fn parse(raw: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(raw.to_owned()))
}

/// The secret called `name`, from its value or from the file beside it. White space around it is dropped:
/// mounted files like to end in a newline.
pub fn required(
    name: &'static str,
    value: Option<&SecretString>,
    file: Option<&Path>,
) -> Result<SecretString, SecretError> {
    let raw = match (value, file) {
        (Some(value), _) => value.expose_secret().to_owned(),
        (None, Some(path)) => {
            std::fs::read_to_string(path).map_err(|source| SecretError::File {
                name,
                path: path.to_owned(),
                source,
            })?
        }
        (None, None) => return Err(SecretError::Missing(name)),
    };
    let secret = raw.trim();
    if secret.is_empty() {
        return Err(SecretError::Empty(name));
    }
    if is_placeholder(secret) {
        return Err(SecretError::Placeholder(name));
    }
    Ok(SecretString::from(secret.to_owned()))
}

fn is_placeholder(secret: &str) -> bool {
    let lower = secret.to_ascii_lowercase();
    lower.starts_with('<')
        || lower.starts_with("your")
        || [
            "changeme",
            "change-me",
            "placeholder",
            "todo",
            "secret",
            "xxx",
        ]
        .contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Result<SecretString, SecretError> {
        required(
            "THE_SECRET",
            Some(&SecretString::from(value.to_owned())),
            None,
        )
    }

    #[test]
    fn o05_a_missing_empty_or_placeholder_secret_is_refused_by_name() {
        for (answer, says) in [
            (required("THE_SECRET", None, None), "missing"),
            (of("  \n"), "empty"),
            (of("changeme"), "placeholder"),
            (of("<channel secret>"), "placeholder"),
            (of("your-channel-secret"), "placeholder"),
        ] {
            let error = answer.unwrap_err().to_string();
            assert!(
                error.contains("THE_SECRET") && error.contains(says),
                "{error}"
            );
        }
        assert!(!of("changeme").unwrap_err().to_string().contains("changeme"));
    }

    #[test]
    fn o06_a_secret_file_may_end_in_a_newline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        let secret = required("THE_SECRET", None, Some(&path)).unwrap();
        assert_eq!(secret.expose_secret(), "0123456789abcdef");
    }
}
