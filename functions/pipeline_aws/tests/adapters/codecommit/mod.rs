//! CodeCommit, against answers as AWS documents them.

mod comments;
mod commits;
mod previews;
mod pulls;
mod range;
mod shapes;
