//! CodeCommit, against answers as AWS documents them.

mod commits;
mod pulls;
mod range;
mod shapes;
