//! Rows under headings. Pure.

/// What stands where there is nothing to say.
pub(super) const NOTHING: &str = "-";

/// The rows under their headings, each column as wide as its widest cell. The last column is not padded.
pub(super) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let headings = headings.map(String::from);
    let lines = || std::iter::once(&headings).chain(rows);
    let widths: [usize; N] = std::array::from_fn(|column| {
        lines()
            .map(|cells| cells[column].chars().count())
            .max()
            .unwrap_or_default()
    });
    lines()
        .map(|cells| {
            let padded = cells.iter().zip(widths);
            let padded: Vec<_> = padded
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            padded.join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings() {
        let rows = [["1", "parked", "x"], ["1000", NOTHING, "a longer one"]];
        let rows = rows.map(|row| row.map(String::from));
        assert_eq!(
            table(["ID", "STATE", "ERROR"], &rows),
            [
                "ID    STATE   ERROR",
                "1     parked  x",
                "1000  -       a longer one",
            ]
        );
    }
}
