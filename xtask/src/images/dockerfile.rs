//! As much of the Dockerfile as says what is in an image.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

/// What an image holds, and how it is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) name: String,
    /// From where in the stage that builds, to where in the image.
    pub(super) files: Vec<(String, String)>,
    /// `name=value`.
    pub(super) labels: Vec<String>,
    pub(super) user: String,
    pub(super) stop_signal: String,
    pub(super) ports: Vec<String>,
    /// A JSON list of words.
    pub(super) entrypoint: String,
}

/// The stages that begin with nothing and have something to run. An instruction that is not known there is an error:
/// nothing may be left out in silence.
pub(super) fn final_stages(text: &str) -> anyhow::Result<Vec<Stage>> {
    let text = text.replace("\\\n", " ");
    let mut empty: BTreeMap<String, Stage> = BTreeMap::from([("scratch".into(), Stage::default())]);
    let mut order = Vec::new();
    let mut current: Option<Stage> = None;
    for line in text.lines().map(str::trim).chain(["FROM end AS end"]) {
        let (instruction, rest) = line.split_once(' ').unwrap_or((line, ""));
        if instruction == "FROM" {
            if let Some(stage) = current.take() {
                order.push(stage.name.clone());
                empty.insert(stage.name.clone(), stage);
            }
            let words: Vec<_> = rest.split_whitespace().collect();
            current = empty.get(words[0]).cloned();
            if let Some(stage) = &mut current {
                let name = words.get(2).context("a final stage has no name")?;
                (*name).clone_into(&mut stage.name);
            }
            continue;
        }
        let Some(stage) = &mut current else { continue };
        match instruction {
            "" => {}
            comment if comment.starts_with('#') => {}
            "COPY" => {
                let words: Vec<_> = rest.split_whitespace().collect();
                let ["--from=build", from, to] = words[..] else {
                    bail!("{line}: only one file from the stage `build` is copied at a time");
                };
                stage.files.push((from.to_owned(), to.to_owned()));
            }
            "LABEL" => stage.labels.push(rest.replace('"', "")),
            "USER" => rest.clone_into(&mut stage.user),
            "STOPSIGNAL" => rest.clone_into(&mut stage.stop_signal),
            "EXPOSE" => stage.ports = rest.split_whitespace().map(str::to_owned).collect(),
            "ENTRYPOINT" => rest.clone_into(&mut stage.entrypoint),
            _ => bail!("{line}: nobody here knows what to do with it"),
        }
    }
    let stages = order.iter().filter_map(|name| empty.remove(name));
    Ok(stages
        .filter(|stage| !stage.entrypoint.is_empty())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
FROM rust AS build
RUN make \\
 && make install
FROM scratch AS part
COPY --from=build /ca /etc/ca
USER 1:1
FROM part AS webhook
LABEL title=\"kaiin/webhook\"
COPY --from=build /out/webhook /webhook
EXPOSE 8000 9000
ENTRYPOINT [\"/webhook\"]
";

    #[test]
    fn a_final_stage_has_what_it_stands_on() {
        let stages = final_stages(FILE).unwrap();
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(stages.len(), 1);
        assert_eq!(stages[0].name, "webhook");
        assert_eq!(
            stages[0].files,
            [pair("/ca", "/etc/ca"), pair("/out/webhook", "/webhook")]
        );
        assert_eq!(stages[0].user, "1:1");
        assert_eq!(stages[0].ports, ["8000", "9000"]);
        assert_eq!(stages[0].labels, ["title=kaiin/webhook"]);
    }

    #[test]
    fn what_is_not_understood_is_not_left_out() {
        let more = FILE.replace("EXPOSE 8000 9000", "VOLUME /data");
        assert!(
            final_stages(&more)
                .unwrap_err()
                .to_string()
                .contains("VOLUME")
        );
    }
}
