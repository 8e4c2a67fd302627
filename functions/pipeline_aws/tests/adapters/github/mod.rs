//! GitHub's REST API, over real connections.

mod comments;
mod finding;
mod makers;
mod merges;
mod previews;
mod pulls;
mod range;
mod refusals;
mod shapes;
mod statuses;
mod talk;
mod tokens;
mod world;
