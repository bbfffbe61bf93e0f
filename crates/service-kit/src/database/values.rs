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

    /// The rows, as many at once as a statement takes, each time with the shortest statement for them.
    pub fn chunks<'s, 'r, Row>(
        &'s self,
        rows: &'r [Row],
    ) -> impl Iterator<Item = (&'s str, &'r [Row])> {
        let most = self.0.last_key_value().map_or(1, |(rows, _)| *rows);
        rows.chunks(most).filter_map(|rows| {
            let (_, statement) = self.0.range(rows.len()..).next()?;
            Some((statement.as_str(), rows))
        })
    }
}
