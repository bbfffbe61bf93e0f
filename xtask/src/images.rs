//! `cargo xtask images`: the final stages of the Dockerfile as OCI archives, made without a daemon.

mod dockerfile;
mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use self::dockerfile::Stage;
use crate::shell::{cargo, root, say, step};
use crate::tools;

/// The C library becomes part of the programs.
const STATIC: &str = "-C target-feature=+crt-static";

/// What to make.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Only these parts; all of them if none is named.
    parts: Vec<String>,

    /// Takes the programs as they were built last.
    #[arg(long)]
    no_build: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    tools::BUILDAH.ensure()?;
    let text = fs::read_to_string(root().join("Dockerfile"))?;
    let mut stages = dockerfile::final_stages(&text)?;
    if !options.parts.is_empty() {
        let known: Vec<_> = stages.iter().map(|stage| stage.name.clone()).collect();
        for part in &options.parts {
            let known = known.join(", ");
            ensure!(
                stages.iter().any(|stage| stage.name == *part),
                "the Dockerfile has no part {part}, but {known}"
            );
        }
        stages.retain(|stage| options.parts.contains(&stage.name));
    }
    let programs = programs(&stages, options.no_build)?;
    let images = target_folder()?.join("images");
    fs::create_dir_all(&images)?;
    for stage in &stages {
        let archive = assemble(stage, &programs, &images)?;
        let sbom = images.join(format!("{}.cdx.json", stage.name));
        fs::write(&sbom, sbom::of(&stage.name)?)?;
        let size = fs::metadata(&archive)?.len() / 1024;
        say(&format!(
            "    {} ({size} KiB), {}",
            archive.display(),
            sbom.display()
        ));
    }
    Ok(())
}

/// Builds the parts' programs as the Dockerfile does, unless they are built; says where they are.
fn programs(stages: &[Stage], are_there: bool) -> anyhow::Result<PathBuf> {
    let triple = host()?;
    if !are_there {
        // Naming the target keeps the flags from what runs while building.
        let flags = format!(
            "CARGO_TARGET_{}_RUSTFLAGS",
            triple.to_uppercase().replace('-', "_")
        );
        let mut build = cargo(&[
            "build",
            "--locked",
            "--release",
            "--bins",
            "--target",
            &triple,
        ]);
        for stage in stages {
            build.args(["--package", &stage.name]);
        }
        step("building static programs", build.env(flags, STATIC))?;
    }
    Ok(target_folder()?.join(triple).join("release"))
}

/// Puts one image together, and says where it is.
fn assemble(stage: &Stage, programs: &Path, images: &Path) -> anyhow::Result<PathBuf> {
    let Stage { name, .. } = stage;
    let buildah = |arguments: &[&str]| -> anyhow::Result<String> {
        let store = images.join("store");
        let output = Command::new("buildah")
            .args(["--storage-driver", "vfs", "--root"])
            .arg(&store)
            .arg("--runroot")
            .arg(store.join("run"))
            .args(arguments)
            .output()
            .context("cannot run buildah")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "buildah {}: {said}",
            arguments.join(" ")
        );
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let container = buildah(&["from", "scratch"])?;
    for (from, to) in &stage.files {
        let from = match from.strip_prefix("/out/") {
            Some(program) => programs.join(program),
            None => PathBuf::from(from),
        };
        ensure!(from.is_file(), "there is no {}", from.display());
        let mode = if from.starts_with(programs) {
            "0755"
        } else {
            "0644"
        };
        let from = from.to_str().context("a path is no text")?;
        buildah(&[
            "copy", "--chown", "0:0", "--chmod", mode, &container, from, to,
        ])?;
    }
    let ports: Vec<_> = stage
        .ports
        .iter()
        .map(|port| format!("{port}/tcp"))
        .collect();
    let mut config = vec![
        "config",
        "--user",
        &stage.user,
        "--stop-signal",
        &stage.stop_signal,
    ];
    config.extend(["--entrypoint", &stage.entrypoint]);
    for label in &stage.labels {
        config.extend(["--label", label]);
    }
    for port in &ports {
        config.extend(["--port", port]);
    }
    config.push(&container);
    buildah(&config)?;
    let archive = images.join(format!("{name}.tar"));
    let _ = fs::remove_file(&archive);
    // As containerd calls an image that names no registry.
    let tag = format!(
        "oci-archive:{}:docker.io/kaiin/{name}:{}",
        archive.display(),
        env!("CARGO_PKG_VERSION")
    );
    buildah(&[
        "commit",
        "--rm",
        "--omit-timestamp",
        "--format",
        "oci",
        &container,
        &tag,
    ])?;
    Ok(archive)
}

fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc")
        .arg("-vV")
        .output()
        .context("cannot run rustc")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host
        .context("rustc does not say what it builds for")?
        .to_owned())
}

fn target_folder() -> anyhow::Result<PathBuf> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata["target_directory"].as_str();
    Ok(folder.context("cargo names no target folder")?.into())
}
