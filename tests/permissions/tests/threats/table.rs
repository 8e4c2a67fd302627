//! The threats, what there is against each, and what shows that it is there.

mod judged;
mod kept_apart;

/// One threat.
pub(crate) struct Row {
    pub(crate) threat: &'static str,
    /// What there is against it, and what shows that it is there.
    pub(crate) controls: &'static [(&'static str, &'static [Proof])],
}

/// What fails without a control.
pub(crate) enum Proof {
    /// A test: its source file, and its name.
    Test(&'static str, &'static str),
    /// A rule of `.ci/rules` that the template is held against.
    Rule(&'static str),
}

/// All of them.
pub(crate) fn threats() -> impl Iterator<Item = &'static Row> {
    judged::THREATS.iter().chain(kept_apart::THREATS)
}

/// Those that the document does not name.
pub(crate) fn found_here() -> impl Iterator<Item = &'static str> {
    judged::FOUND_HERE.iter().chain(kept_apart::FOUND_HERE).copied()
}
