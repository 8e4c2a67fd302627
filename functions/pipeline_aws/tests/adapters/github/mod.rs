//! GitHub's REST API, over real connections.

mod makers;
mod pulls;
mod refusals;
mod shapes;
mod tokens;
mod world;
