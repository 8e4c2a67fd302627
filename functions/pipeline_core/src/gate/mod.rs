//! `gate`: says whether this revision and this artifact may be released, who approved it, and why it counts.
//!
//! Everything is observed first; then each rule answers over that one observation, purely. All must pass; a denial
//! beats waiting; trouble with a service waits, and then denies (I24).

pub mod approved;
pub mod decide;
pub mod decision;
pub mod drift;
pub mod observation;
mod observe;
pub mod overrides;
pub mod params;
pub mod people;
pub mod perform;
mod rules;
mod say;
pub mod source;
