//! `gate`: says whether this revision and this artifact may be released, who approved it, and why it counts.
//!
//! ```text
//! observe ──▶ decide: each rule over that one observation ──▶ overrides ──▶ look again ──▶ keep ──▶ say
//!    ▲ approved, pull_request, tested: by what is there now, or by what was decided (standing)
//!    │ revision, digest, no_drift: always by what is there now
//!    └────────── wait: a minute here, then by continuation token
//! ```
//! Everything is observed first; then each rule answers over that one observation, purely. All must pass; a denial
//! beats waiting; trouble with a service waits, and then denies (I24).

pub mod approved;
pub mod decide;
pub mod decision;
pub mod drift;
pub mod makers;
pub mod observation;
mod observe;
pub mod overrides;
pub mod params;
pub mod people;
pub mod perform;
mod reviewed;
mod rules;
mod runs;
mod say;
pub mod source;
mod standing;
mod tested;
pub mod waiting;
