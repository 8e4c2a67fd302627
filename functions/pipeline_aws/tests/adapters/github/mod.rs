//! GitHub's REST API, over real connections.

mod makers;
mod merges;
mod pulls;
mod range;
mod refusals;
mod shapes;
mod tokens;
mod world;
