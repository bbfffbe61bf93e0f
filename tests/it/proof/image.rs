//! The images that `cargo xtask images` made: what is in them, and that they run as a cluster runs them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::house::root;

/// Compressed or not, no image is larger.
const LIMIT: u64 = 30 * 1024 * 1024;
/// Whose certificates are believed.
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// One image, unpacked.
pub(super) struct Image {
    pub(super) config: Value,
    pub(super) files: BTreeSet<PathBuf>,
    folder: TempDir,
}

impl Image {
    pub(super) fn of(part: &str) -> Self {
        let archive = images().join(format!("{part}.tar"));
        assert!(
            archive.is_file(),
            "there is no {}; `cargo xtask images` makes it",
            archive.display()
        );
        assert!(
            fs::metadata(&archive).unwrap().len() < LIMIT,
            "{part} is too large"
        );
        let folder = tempfile::tempdir().unwrap();
        let (parts, root) = (folder.path().join("parts"), folder.path().join("root"));
        unpack(&archive, &parts);
        let index = json(&parts.join("index.json"));
        let manifest = json(&blob(&parts, &index["manifests"][0]));
        for layer in manifest["layers"].as_array().unwrap() {
            unpack(&blob(&parts, layer), &root);
        }
        let mut files = BTreeSet::new();
        list(&root, &root, &mut files);
        Self {
            config: json(&blob(&parts, &manifest["config"]))["config"].take(),
            files,
            folder,
        }
    }

    /// What buildah says, with a store that goes with this image.
    fn buildah(&self, arguments: &[&str]) -> String {
        let store = self.folder.path().join("store");
        let mut buildah = Command::new("buildah");
        buildah
            .args(["--storage-driver", "vfs", "--root"])
            .arg(&store);
        buildah.arg("--runroot").arg(store.join("run"));
        let output = buildah.args(arguments).current_dir(root()).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Its root.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }
}

/// Where `cargo xtask images` puts them.
fn images() -> PathBuf {
    let us = std::env::current_exe().unwrap();
    us.ancestors().nth(3).unwrap().join("images")
}

fn unpack(archive: &Path, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let tar = Command::new("tar")
        .arg("xf")
        .arg(archive)
        .arg("-C")
        .arg(folder)
        .status();
    assert!(tar.unwrap().success(), "{}", archive.display());
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn blob(parts: &Path, named: &Value) -> PathBuf {
    let digest = named["digest"].as_str().unwrap().replace(':', "/");
    parts.join("blobs").join(digest)
}

fn list(root: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            list(root, &entry.path(), files);
        } else {
            files.insert(Path::new("/").join(entry.path().strip_prefix(root).unwrap()));
        }
    }
}

/// The parts that the Dockerfile ends with, and what it copies into each.
pub(super) fn parts() -> Vec<(String, BTreeSet<PathBuf>)> {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let stages = text.split("\nFROM ").map(|stage| {
        let name = stage.lines().next().unwrap().to_owned();
        let copies = stage
            .lines()
            .filter_map(|line| line.strip_prefix("COPY --from=build "));
        let copies: BTreeSet<PathBuf> = copies
            .map(|copy| copy.rsplit(' ').next().unwrap().into())
            .collect();
        (name, copies)
    });
    let stages: Vec<_> = stages.collect();
    let (_, common) = stages
        .iter()
        .find(|(name, _)| name == "scratch AS part")
        .unwrap();
    let parts = stages.iter().filter_map(|(name, copies)| {
        let part = name.strip_prefix("part AS ")?;
        Some((part.to_owned(), common | copies))
    });
    parts.collect()
}

#[test]
#[ignore = "needs the images"]
fn an_image_holds_what_the_dockerfile_copies_and_nothing_else() {
    let parts = parts();
    assert_eq!(parts.len(), 6);
    for (part, copies) in parts {
        let image = Image::of(&part);
        assert_eq!(image.files, copies, "{part}");
        let config = &image.config;
        assert_eq!(config["User"], "65532:65532", "{part}");
        assert_eq!(
            config["Entrypoint"],
            serde_json::json!([format!("/{part}")])
        );
        assert_eq!(config["StopSignal"], "SIGTERM", "{part}");
        let labels = &config["Labels"];
        assert_eq!(
            labels["org.opencontainers.image.title"],
            format!("kaiin/{part}")
        );
        assert_eq!(
            labels["org.opencontainers.image.version"],
            env!("CARGO_PKG_VERSION")
        );
    }
}

#[test]
#[ignore = "needs the images"]
fn the_dockerfile_itself_makes_the_same_images() {
    for (part, _) in parts() {
        let image = Image::of(&part);
        // What its stage `build` leaves behind. What is before that stage is not run here.
        let left = image.folder.path().join("built");
        for (from, to) in [
            (part.clone(), format!("out/{part}")),
            (CERTIFICATES.to_owned(), CERTIFICATES.to_owned()),
        ] {
            fs::create_dir_all(left.join(&to).parent().unwrap()).unwrap();
            fs::copy(image.root().join(from), left.join(to)).unwrap();
        }
        let context = format!("build={}", left.display());
        let build = ["build", "--isolation", "chroot", "--target", &part];
        let more = ["--build-context", &context, "--tag", &part, "."];
        image.buildah(&[build.as_slice(), &more].concat());
        let made = image.buildah(&["inspect", "--type", "image", &part]);
        let mut made: Value = serde_json::from_str(&made).unwrap();
        let made = made["OCIv1"]["config"].as_object_mut().unwrap();
        // buildah's own, of no use where there is one program.
        made.remove("Env");
        assert_eq!(Value::Object(made.clone()), image.config, "{part}");
    }
}

#[test]
#[ignore = "needs the images"]
fn every_image_says_what_is_in_its_program() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for (part, _) in parts() {
        let list = json(&images().join(format!("{part}.cdx.json")));
        assert_eq!(list["bomFormat"], "CycloneDX", "{part}");
        let about = &list["metadata"]["component"];
        assert_eq!(about["name"], format!("kaiin/{part}"));
        assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
        let components = list["components"].as_array().unwrap();
        let mut names = BTreeSet::new();
        for component in components {
            let [name, version] = ["name", "version"].map(|key| component[key].as_str().unwrap());
            let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&locked), "{part}: {name} {version}");
            let licence = component["licenses"][0]["expression"].as_str().unwrap();
            assert!(!licence.is_empty(), "{part}: {name}");
            names.insert(name);
        }
        assert!(names.contains("tokio") && names.contains(part.as_str()));
        assert!(
            !names.contains("testkit"),
            "{part}: what only tests need is not in it"
        );
        let owns_a_store = ["webhook", "api-users", "register-server", "push-msg"];
        assert_eq!(
            names.contains("sqlx"),
            owns_a_store.contains(&part.as_str()),
            "{part}"
        );
    }
}
