//! Running commands, and saying so.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, bail};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map(Into::into).unwrap_or(xtask)
}

/// The cargo that runs this chore.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    command.args(arguments).current_dir(root());
    command
}

/// One step of a longer chore: says what it is, shows the command's own output, and how long it took.
pub(crate) fn step(what: &str, command: &mut Command) -> anyhow::Result<()> {
    say(&format!("==> {what}"));
    let start = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !status.success() {
        bail!("{what}: {status}");
    }
    say(&format!(
        "    {what}: {:.0} s",
        start.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Whether the command runs and succeeds, whatever it prints.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Tells whoever watches.
#[expect(clippy::print_stdout, reason = "a chore reports on standard output")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
