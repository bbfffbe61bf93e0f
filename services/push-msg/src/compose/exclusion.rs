/// Why a member gets nothing of an occurrence. Reads as a reason in a report, and names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Exclusion {
    /// The member has no such value, and the document has no fallback.
    #[error("no value for {{{0}}}")]
    NoValue(String),
    /// Filled in with the member's values, LINE would refuse it.
    #[error("messages[{index}] would be refused: {rule}")]
    Unfit {
        /// Which message, from 0.
        index: usize,
        /// LINE's rule.
        rule: String,
    },
}
