//! Chances that can be had again.

use std::hash::{BuildHasher as _, RandomState};
use std::thread;

/// The seeds of a proof: the one that `TEST_SEED` names, else `TEST_SEEDS` new ones, else `count` new ones.
///
/// # Panics
///
/// If one of the variables is not a number.
pub fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let exact = number("TEST_SEED");
    let count = exact.map_or_else(|| number("TEST_SEEDS").unwrap_or(count), |_| 1);
    // Short enough to be typed.
    (0..count).map(move |n| exact.unwrap_or_else(|| RandomState::new().hash_one(n) >> 32))
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    Some(number.unwrap_or_else(|| panic!("{name} is {}; it must be a number", text.display())))
}

/// A run of one seed. If the test fails while this is held, it says how to see the same run again.
#[derive(Debug)]
pub struct Seeded {
    seed: u64,
    replay: String,
    /// What this run's choices come from.
    pub chances: Chances,
}

impl Seeded {
    /// A run of this seed, asked for by the test itself rather than by a task of it, whose name is not the test's.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            replay: replay(seed),
            chances: Chances { state: seed },
        }
    }

    /// Its seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What to type to see this run again.
    pub fn replay(&self) -> &str {
        &self.replay
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!(
                "seed {} failed; to see it again: {}",
                self.seed, self.replay
            );
        }
    }
}

/// Chances that follow from a seed.
#[derive(Debug, Clone)]
pub struct Chances {
    state: u64,
}

impl Chances {
    /// A number below `bound`, or 0 where that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.bits().checked_rem(bound).unwrap_or_default()
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Puts these into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        things.sort_by_cached_key(|_| self.bits());
    }

    /// Chances of their own, for a task beside this one: each sees the same ones however the tasks take turns.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self { state: self.bits() }
    }

    /// splitmix64: the same numbers for the same seed, whatever versions of whatever crates there will be.
    fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

fn replay(seed: u64) -> String {
    let variable = |name| std::env::var_os(name)?.into_string().ok();
    let kept = ["TEST_DATABASE", "TEST_TIER"]
        .into_iter()
        .filter_map(|name| Some(format!("{name}={} ", variable(name)?)));
    let package = variable("CARGO_PKG_NAME").unwrap_or_else(|| "journeys".to_owned());
    let test = match thread::current().name() {
        None | Some("main") => String::new(),
        Some(test) => format!(" -E 'test(={test})'"),
    };
    let kept: String = kept.collect();
    format!("{kept}TEST_SEED={seed} cargo nextest run -p {package}{test}")
}
