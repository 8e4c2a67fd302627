//! The turns that a pull request takes, as GitHub tells of them.

use serde_json::{Map, Value, json};

use super::super::pulls::PullRequest;

/// What became of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Turn {
    Opened,
    Reopened,
    Closed,
    ConvertedToDraft,
    ReadyForReview,
    /// Its branch has moved.
    Synchronize {
        before: String,
        after: String,
    },
    /// What it had before of what is said of it, and of its base.
    Edited(Value),
}

impl Turn {
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Closed => "closed",
            Self::ConvertedToDraft => "converted_to_draft",
            Self::ReadyForReview => "ready_for_review",
            Self::Synchronize { .. } => "synchronize",
            Self::Edited(_) => "edited",
        }
    }

    /// What it has beside the pull request.
    pub(super) fn more(&self) -> Value {
        match self {
            Self::Synchronize { before, after } => json!({"before": before, "after": after}),
            Self::Edited(changes) => json!({"changes": changes}),
            _ => json!({}),
        }
    }
}

/// What a pull request has become of what it was.
pub(super) fn turns(before: Option<&PullRequest>, now: &PullRequest) -> Vec<Turn> {
    // What was merged is over: under its number this is another one.
    let Some(before) = before.filter(|before| before.story.merged.is_none() || !now.is_open()) else {
        return vec![Turn::Opened];
    };
    let mut turns = Vec::new();
    let changes = changes(before, now);
    if !changes.is_empty() {
        turns.push(Turn::Edited(changes.into()));
    }
    match (before.story.draft, now.story.draft) {
        (false, true) => turns.push(Turn::ConvertedToDraft),
        (true, false) => turns.push(Turn::ReadyForReview),
        _ => {}
    }
    match (before.is_open(), now.is_open()) {
        (false, true) => turns.push(Turn::Reopened),
        (true, true) if before.head != now.head => {
            turns.push(Turn::Synchronize { before: before.head.clone(), after: now.head.clone() });
        }
        (true, false) => turns.push(Turn::Closed),
        _ => {}
    }
    turns
}

fn changes(before: &PullRequest, now: &PullRequest) -> Map<String, Value> {
    let mut changes = Map::new();
    if before.title != now.title {
        changes.insert("title".to_owned(), json!({"from": before.title}));
    }
    if before.story.body != now.story.body {
        changes.insert("body".to_owned(), json!({"from": before.story.body.as_deref().unwrap_or_default()}));
    }
    if before.destination_branch != now.destination_branch {
        let base = json!({"ref": {"from": before.destination_branch}, "sha": {"from": before.story.base}});
        changes.insert("base".to_owned(), base);
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::super::super::pulls::{Merged, Status, Story};
    use super::*;

    fn pull(change: impl FnOnce(&mut PullRequest)) -> PullRequest {
        let mut pull = PullRequest {
            number: 7,
            title: "Topic".to_owned(),
            source_branch: "topic".to_owned(),
            destination_branch: "main".to_owned(),
            status: Status::Open,
            head: "1".to_owned(),
            story: Story { base: "0".to_owned(), ..Story::default() },
        };
        change(&mut pull);
        pull
    }

    fn told(before: Option<&PullRequest>, now: &PullRequest) -> Vec<(&'static str, Value)> {
        turns(before, now).iter().map(|turn| (turn.action(), turn.more())).collect()
    }

    #[test]
    fn each_turn_is_told_with_what_it_changed() {
        let (open, none) = (pull(|_| {}), json!({}));
        let closed = || pull(|pull| pull.status = Status::Closed);
        assert_eq!(told(None, &open), [("opened", none.clone())]);
        assert_eq!(told(Some(&open), &open), []);
        assert_eq!(told(Some(&open), &closed()), [("closed", none.clone())]);
        assert_eq!(told(Some(&closed()), &closed()), []);
        let moved = pull(|pull| pull.head = "2".to_owned());
        assert_eq!(told(Some(&open), &moved), [("synchronize", json!({"before": "1", "after": "2"}))]);
        assert_eq!(told(Some(&closed()), &moved), [("reopened", none.clone())]);
        let draft = pull(|pull| pull.story.draft = true);
        assert_eq!(told(Some(&open), &draft), [("converted_to_draft", none.clone())]);
        assert_eq!(told(Some(&draft), &open), [("ready_for_review", none)]);
    }

    #[test]
    fn an_edit_is_told_before_what_else_it_was() {
        let edited = pull(|pull| {
            pull.title = "Other".to_owned();
            pull.story.body = Some("Why".to_owned());
            pull.destination_branch = "next".to_owned();
            pull.status = Status::Closed;
        });
        let base = json!({"ref": {"from": "main"}, "sha": {"from": "0"}});
        let changes = json!({"changes": {"title": {"from": "Topic"}, "body": {"from": ""}, "base": base}});
        assert_eq!(told(Some(&pull(|_| {})), &edited), [("edited", changes), ("closed", json!({}))]);
    }

    #[test]
    fn under_the_number_of_one_that_was_merged_another_is_opened() {
        let merged = pull(|pull| {
            pull.status = Status::Closed;
            pull.story.merged = Some(Merged { by: None, commit: "2".to_owned(), base: "0".to_owned() });
        });
        assert_eq!(told(Some(&merged), &pull(|_| {})), [("opened", json!({}))]);
        assert_eq!(told(Some(&pull(|_| {})), &merged), [("closed", json!({}))]);
        assert_eq!(told(Some(&merged), &merged), []);
    }
}
