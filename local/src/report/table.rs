//! Rows under one another.

/// As much of a cell as is told: what others wrote must not push the other columns out of sight. The first names what a row
/// is about and can be typed again, so it stays whole, and so does the last.
const WIDEST: usize = 48;

/// Every row in a line, each column as wide as its widest cell, and the last as long as it is. `paint` is given a cell's
/// column, its text, and the width that it is to have.
pub(super) fn table<const N: usize>(rows: &[[String; N]], paint: impl Fn(usize, &str, usize) -> String) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| std::array::from_fn(|column| cell(row, column))).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(|column| if column + 1 == N { 0 } else { width(column) });
    let line = |row: &[String; N]| {
        let cells: Vec<String> = (0..N).map(|column| paint(column, &row[column], widths[column])).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn cell<const N: usize>(row: &[String; N], column: usize) -> String {
    let text = &row[column];
    if column == 0 || column + 1 == N || text.chars().count() <= WIDEST {
        return text.clone();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_no_wider_than_they_may() {
        let rows = [["é", "1", "x"], ["four", "", ""]].map(|row| row.map(str::to_owned));
        let plain = |_: usize, text: &str, width: usize| format!("{text:<width$}");
        assert_eq!(table(&rows, plain), "é     1  x\nfour\n");
    }

    #[test]
    fn what_is_long_is_cut_but_never_a_name() {
        let plain = |_: usize, text: &str, width: usize| format!("{text:<width$}");
        let long = [["x".repeat(60), "y".repeat(49), "z".repeat(60)], ["x".into(), "y".repeat(48), String::new()]];
        let cut = format!("{}  {}…  {}\n", "x".repeat(60), "y".repeat(47), "z".repeat(60));
        assert_eq!(table(&long, plain), format!("{cut}{:<60}  {}\n", "x", "y".repeat(48)));
    }
}
