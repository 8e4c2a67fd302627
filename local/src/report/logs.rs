//! What a part of a log is introduced with.

use super::paint::Paint;

/// Whose lines follow, and where they are.
pub fn log_heading(actions: &str, group: &str, paint: Paint) -> String {
    format!("{}  {}", paint.bold(actions), paint.dim(group))
}
