//! Leases: who may use a stack of this name, until when, and what becomes of it afterwards.
//!
//! ```text
//!   (no record, GONE) ── claim ──► HELD ── release, expiry ──► DIRTY ── tombstone ──► DELETING ──► GONE
//!                                    ▲                           │                     │    ▲
//!                                    └── claim by the same source ┘          QUARANTINED ◄──┘ a person's release
//! ```
//! CloudFormation cannot check a fencing token, so the record fences: DELETING is one-way, is committed by a conditional
//! write, and only then is the stack deleted, by its full ARN. The name of a stack is free when it has no record or a GONE
//! one.

pub mod action;
pub mod due;
pub mod perform;
pub mod place;
pub mod record;
pub mod refusal;
pub mod request;
pub mod store;
pub mod transition;
pub mod view;
