//! Settings from a file, for those who would rather not keep secrets in their shell's history.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, bail};

/// The command line with the settings of the file that `--settings` names added as flags. What the command line
/// or the environment says already goes before.
pub(crate) fn expand(
    arguments: Vec<OsString>,
    known: &[String],
    is_set: impl Fn(&str) -> bool,
) -> anyhow::Result<Vec<OsString>> {
    let Some(path) = settings_file(&arguments) else {
        return Ok(arguments);
    };
    let path = Path::new(&path);
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the settings file {}", path.display()))?;
    let mut expanded = arguments;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            bail!(
                "line {} of {} is not NAME=value",
                number + 1,
                path.display()
            );
        };
        let name = name.trim();
        let flag = name.to_ascii_lowercase().replace('_', "-");
        if !known.contains(&flag) {
            bail!(
                "line {} of {}: {name} is no setting of kaiin up",
                number + 1,
                path.display()
            );
        }
        let flag = format!("--{flag}");
        if !is_set(name) && !mentions(&expanded, &flag) {
            expanded.push(format!("{flag}={}", value.trim().trim_matches('"')).into());
        }
    }
    Ok(expanded)
}

fn settings_file(arguments: &[OsString]) -> Option<OsString> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--settings" {
            return arguments.next().cloned();
        }
        if let Some(path) = argument
            .to_str()
            .and_then(|argument| argument.strip_prefix("--settings="))
        {
            return Some(path.into());
        }
    }
    None
}

fn mentions(arguments: &[OsString], flag: &str) -> bool {
    arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .any(|argument| {
            argument == flag
                || argument
                    .strip_prefix(flag)
                    .is_some_and(|rest| rest.starts_with('='))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(
        file: &str,
        arguments: &[&str],
        environment: &[&str],
    ) -> anyhow::Result<Vec<String>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("settings.env");
        std::fs::write(&path, file)?;
        let arguments = arguments
            .iter()
            .map(OsString::from)
            .chain(["--settings".into(), path.into()])
            .collect();
        let known = ["line-channel-secret", "public-url", "bot-language"].map(String::from);
        let expanded = expand(arguments, &known, |name| environment.contains(&name))?;
        Ok(expanded
            .into_iter()
            .map(|argument| argument.into_string().unwrap())
            .collect())
    }

    #[test]
    fn settings_become_flags_unless_they_are_set_already() {
        let file = "# channel\nLINE_CHANNEL_SECRET = abc\nPUBLIC_URL=https://a.example\nBOT_LANGUAGE=\"ja\"\n\n";
        let arguments = expanded(
            file,
            &["kaiin", "up", "--public-url=https://b.example"],
            &["BOT_LANGUAGE"],
        )
        .unwrap();
        assert_eq!(arguments.last().unwrap(), "--line-channel-secret=abc");
        assert_eq!(arguments.len(), 6);
    }

    #[test]
    fn a_line_that_is_no_setting_is_named_by_its_number_only() {
        let error = expanded("PUBLIC_URL=https://a.example\nhunter2\n", &["kaiin"], &[])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn a_name_that_is_no_setting_is_named_with_its_line() {
        let error = expanded("# mine\nPUBLIK_URL=https://a.example\n", &["kaiin"], &[]);
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("line 2") && error.contains("PUBLIK_URL"),
            "{error}"
        );
    }
}
