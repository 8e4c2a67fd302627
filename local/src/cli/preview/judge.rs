//! What a preview that was asked for is at.

use crate::report::Preview;

/// What is waited for.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Expected {
    /// The preview's name.
    pub(in crate::cli) preview: String,
    /// The commit that is to be deployed.
    pub(in crate::cli) commit: String,
    /// The preview as it stood before that was asked for.
    pub(in crate::cli) before: Option<Preview>,
}

/// What a preview is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stand {
    /// What was asked for is not known there yet.
    Unheard,
    /// It is about to begin, or cannot for now; why, in words.
    Waits(Option<String>),
    /// This execution deploys it, and this commit, which may be a newer one.
    Runs { execution: String, commit: String },
    /// There will be none; why, in words.
    Absent(String),
}

/// Whether there is none because its pull request is a draft.
pub(super) fn is_draft(preview: &Preview) -> bool {
    preview.why.as_deref() == Some("DRAFT")
}

impl Expected {
    /// What the preview is at, as it stands.
    pub(super) fn stand(&self, now: Option<&Preview>) -> Stand {
        // A push changes nothing about a draft.
        let is_answer = |now: &&Preview| is_draft(now) || Some(*now) != self.before.as_ref();
        let Some(now) = now.filter(is_answer) else { return Stand::Unheard };
        if let Some(why) = now.absence() {
            return Stand::Absent(why.to_owned());
        }
        match (&now.execution, &now.commit) {
            // A later look of the function at what stood before.
            (_, Some(commit)) if self.is_of_before(commit) => Stand::Unheard,
            (Some(execution), Some(commit)) => Stand::Runs { execution: execution.clone(), commit: commit.clone() },
            _ => Stand::Waits(now.waits.clone()),
        }
    }

    fn is_of_before(&self, commit: &str) -> bool {
        let before = self.before.as_ref().and_then(|before| before.commit.as_deref());
        commit != self.commit && before == Some(commit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(phase: &str, commit: &str, execution: Option<&str>) -> Preview {
        Preview {
            preview: "pr-7".into(),
            phase: phase.into(),
            commit: Some(commit.into()),
            execution: execution.map(str::to_owned),
            ..Preview::default()
        }
    }

    fn expected(before: Option<Preview>) -> Expected {
        Expected { preview: "pr-7".into(), commit: "new".into(), before }
    }

    #[test]
    fn what_stood_before_is_no_answer() {
        let old = preview("RUNNING", "old", Some("1"));
        let stand = |now: Preview| expected(Some(old.clone())).stand(Some(&now));
        assert_eq!(expected(None).stand(None), Stand::Unheard);
        assert_eq!(stand(old.clone()), Stand::Unheard);
        // The old one ended, was started again, or waits meanwhile.
        assert_eq!(stand(preview("RUNNING", "old", Some("2"))), Stand::Unheard);
        assert_eq!(stand(preview("STARTING", "old", None)), Stand::Unheard);
        assert_eq!(stand(preview("STARTING", "new", None)), Stand::Waits(None));
        let runs = |commit: &str| Stand::Runs { execution: "3".into(), commit: commit.into() };
        assert_eq!(stand(preview("RUNNING", "new", Some("3"))), runs("new"));
        assert_eq!(stand(preview("RUNNING", "newer", Some("3"))), runs("newer"));
    }

    #[test]
    fn a_preview_of_the_same_commit_that_stood_before_is_followed_once_it_begins_anew() {
        let gone = Preview { why: Some("CLOSED".into()), ..preview("REMOVED", "new", None) };
        let reopened = expected(Some(gone.clone()));
        assert_eq!(reopened.stand(Some(&gone)), Stand::Unheard);
        let waits = Preview { waits: Some("for the stack before it".into()), ..preview("STARTING", "new", None) };
        assert_eq!(reopened.stand(Some(&waits)), Stand::Waits(Some("for the stack before it".into())));
    }

    #[test]
    fn what_stands_of_the_commit_is_an_answer_where_nothing_was_pushed() {
        let runs = Stand::Runs { execution: "1".into(), commit: "new".into() };
        assert_eq!(expected(None).stand(Some(&preview("RUNNING", "new", Some("1")))), runs);
    }

    #[test]
    fn nothing_is_waited_for_where_there_is_none() {
        let of = |phase: &str, why: &str| Preview { why: Some(why.into()), ..preview(phase, "new", None) };
        let stand = |phase: &str, why: &str| expected(None).stand(Some(&of(phase, why)));
        let is_draft = Stand::Absent("its pull request is a draft".into());
        assert_eq!(stand("REMOVED", "DRAFT"), is_draft);
        let draft = of("REMOVED", "DRAFT");
        assert_eq!(expected(Some(draft.clone())).stand(Some(&draft)), is_draft);
        assert_eq!(stand("REMOVING", "CLOSED"), Stand::Absent("its pull request is closed".into()));
        assert!(matches!(stand("REMOVED", "FORK"), Stand::Absent(why) if why.contains("fork")));
    }
}
