use std::collections::BTreeMap;

/// A statement for many rows of bound values, in a few lengths.
///
/// Each of SQLite's statements is a trip to its thread and back, and is prepared once for each length: so there is one for every
/// power of two, and the rows that are not bound are null. The statement must pass over those.
pub struct ManyRows(BTreeMap<usize, String>);

impl ManyRows {
    /// Statements for up to `most` rows of so many columns. `write` gives one around the rows, `(?, …), (?, …)`, which SQLite
    /// calls `column1` and so on behind `values`.
    pub fn new(most: usize, columns: usize, write: impl Fn(&str) -> String) -> Self {
        let row = format!("({})", vec!["?"; columns].join(", "));
        let lengths = (0..=most.next_power_of_two().ilog2()).map(|exponent| 1_usize << exponent);
        let written = lengths.map(|rows| (rows, write(&vec![row.as_str(); rows].join(", "))));
        Self(written.collect())
    }

    /// The shortest statement for so many rows. Nothing, if they are too many.
    pub fn of(&self, rows: usize) -> Option<&str> {
        let (_, statement) = self.0.range(rows..).next()?;
        Some(statement)
    }
}
