use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Campaign, CampaignError};

/// The campaigns of a folder, and the files that are none. One bad file costs the others nothing.
#[derive(Debug, Default)]
pub struct Folder {
    /// By name.
    pub campaigns: BTreeMap<String, Campaign>,
    /// With the reason.
    pub refused: Vec<Refused>,
}

/// A file that holds no campaign.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The document is wrong.
    #[error("{}{}", file.display(), source.place().map(|at| at.to_string()).unwrap_or_default())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: CampaignError,
    },
    /// Several files hold campaigns of one name. None of them is run: nobody can tell which is meant.
    #[error("{}: the name {name} is taken by another file", file.display())]
    Twice {
        /// One of the files.
        file: PathBuf,
        /// The name.
        name: String,
    },
}

impl Folder {
    /// Reads every `*.yaml` and `*.yml` in `folder`, in the order of their names. Hidden files are passed over: a mounted
    /// `ConfigMap` keeps its generations in them.
    ///
    /// # Errors
    ///
    /// If the folder itself cannot be read.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let hidden = path
                .file_name()
                .is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let yaml = path
                .extension()
                .is_some_and(|end| end == "yaml" || end == "yml");
            if yaml && !hidden {
                files.push(path);
            }
        }
        files.sort();
        Ok(Self::of_files(&files))
    }

    /// Reads these files.
    pub fn of_files(files: &[PathBuf]) -> Self {
        let mut by_name: BTreeMap<String, Vec<(PathBuf, Campaign)>> = BTreeMap::new();
        let mut folder = Self::default();
        for file in files {
            match read_file(file) {
                Ok(campaign) => by_name
                    .entry(campaign.name().to_owned())
                    .or_default()
                    .push((file.clone(), campaign)),
                Err(source) => folder.refused.push(Refused::Wrong {
                    file: file.clone(),
                    source,
                }),
            }
        }
        for (name, mut found) in by_name {
            if found.len() == 1 {
                let campaign = found.pop().map(|(_, campaign)| campaign);
                folder.campaigns.extend(campaign.map(|c| (name, c)));
            } else {
                let twice = found.into_iter().map(|(file, _)| Refused::Twice {
                    file,
                    name: name.clone(),
                });
                folder.refused.extend(twice);
            }
        }
        folder
    }
}

/// Reads one campaign.
pub fn read_file(file: &Path) -> Result<Campaign, CampaignError> {
    Campaign::parse(&std::fs::read_to_string(file)?)
}
