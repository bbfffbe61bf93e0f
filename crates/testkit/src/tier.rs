//! How much of a proof a run goes through.

/// How much time a run has: `TEST_TIER`, which is `quick` (the default), `full` or `soak`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Minutes: every behaviour, proofs at a small size.
    Quick,
    /// An hour: proofs at the size that is promised.
    Full,
    /// Hours, by hand.
    Soak,
}

impl Tier {
    /// This run's.
    ///
    /// # Panics
    ///
    /// If `TEST_TIER` is something else.
    pub fn from_env() -> Self {
        match std::env::var_os("TEST_TIER") {
            None => Self::Quick,
            Some(tier) if tier == "quick" => Self::Quick,
            Some(tier) if tier == "full" => Self::Full,
            Some(tier) if tier == "soak" => Self::Soak,
            Some(tier) => panic!(
                "TEST_TIER is {}; it must be quick, full or soak",
                tier.display()
            ),
        }
    }

    /// What is right for this tier; soak does at least what full does.
    pub fn pick<T>(self, quick: T, full: T) -> T {
        if self == Self::Quick { quick } else { full }
    }
}
