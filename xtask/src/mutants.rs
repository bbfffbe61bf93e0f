//! `cargo xtask mutants`: a bar that nobody has seen fail is no bar.
//!
//! Each mutant is a deliberate defect. It is put into a copy of the sources in `target/mutants`, and the test that guards
//! against it must go red there. The copy has builds of its own, so that only the first run is long.

mod copy;
mod table;
mod trial;

use anyhow::{Context as _, bail, ensure};

use copy::Copy;
use table::MUTANTS;
use trial::{Trial, Verdict};

use crate::shell::say;

#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Only the mutants that have this in their name.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,

    /// Prints the mutants and their tests, and runs nothing.
    #[arg(long)]
    list: bool,
}

/// A deliberate defect, and the test that must see it.
#[derive(Debug)]
struct Mutant {
    name: &'static str,
    /// What it takes away.
    breaks: &'static str,
    edits: &'static [Edit],
    guard: Guard,
}

/// A change to one file.
#[derive(Debug)]
struct Edit {
    file: &'static str,
    /// The exact text; it stands in the file once.
    find: &'static str,
    replace: &'static str,
}

/// A test by its name.
#[derive(Debug)]
struct Guard {
    package: &'static str,
    /// With its modules, as the integration test binary `it` lists it.
    test: &'static str,
    /// Programs that it starts, by package.
    programs: &'static [&'static str],
    /// What `TEST_DATABASE` says.
    database: &'static str,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let wanted = |mutant: &&Mutant| {
        options
            .only
            .as_deref()
            .is_none_or(|only| mutant.name.contains(only))
    };
    let mutants: Vec<_> = MUTANTS.iter().filter(wanted).collect();
    ensure!(!mutants.is_empty(), "no mutant has this name");
    if options.list {
        for mutant in mutants {
            say(&format!(
                "{}: {}; {} {}",
                mutant.name, mutant.breaks, mutant.guard.package, mutant.guard.test
            ));
        }
        return Ok(());
    }
    let mut copy = Copy::make()?;
    say("==> without a mutant, every one of their tests must be green");
    let mut unfit = Vec::new();
    for mutant in &mutants {
        let test = mutant.guard.test;
        match Trial::of(&copy, &mutant.guard) {
            Ok(trial) => {
                say(&format!("    {test}: {trial}"));
                if trial.verdict != Verdict::Green {
                    unfit.push(format!("{test}:\n{}", trial.output));
                }
            }
            Err(error) => unfit.push(format!("{test}: {error:#}")),
        }
    }
    ensure!(
        unfit.is_empty(),
        "these fail without a mutant already:\n{}",
        unfit.join("\n")
    );
    let mut lines =
        vec!["| mutant | takes away | test | | seconds |\n|---|---|---|---|---:|".to_owned()];
    let mut survivors = Vec::new();
    for mutant in &mutants {
        say(&format!("==> {}: {}", mutant.name, mutant.breaks));
        copy.apply(mutant.edits)
            .with_context(|| format!("cannot make the mutant {}", mutant.name))?;
        let trial = Trial::of(&copy, &mutant.guard)
            .with_context(|| format!("the mutant {} does not build", mutant.name));
        copy.restore()?;
        let trial = trial?;
        say(&format!("    {}: {trial}", mutant.guard.test));
        lines.push(format!(
            "| {} | {} | `{}` | {} | {:.0} |",
            mutant.name,
            mutant.breaks,
            mutant.guard.test,
            trial.verdict,
            trial.took.as_secs_f64()
        ));
        if trial.verdict == Verdict::Green {
            survivors.push(mutant.name);
        }
    }
    say(&format!("\n{}\n", lines.join("\n")));
    if survivors.is_empty() {
        return Ok(());
    }
    bail!("nobody saw: {}", survivors.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code moves on, and a mutant that cannot be made any more proves nothing.
    #[test]
    fn every_mutant_can_be_made_of_the_code_as_it_is() {
        for mutant in MUTANTS {
            copy::edited(&crate::shell::root(), mutant.edits)
                .unwrap_or_else(|error| panic!("{}: {error:#}", mutant.name));
        }
    }
}
