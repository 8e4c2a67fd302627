use aws_sdk_codepipeline::types::{
    ActionCategory, ActionDeclaration, ActionExecutionInput, ActionOwner, ActionTypeId, ConditionExecutionStatus,
    ConditionState, RuleExecution, RuleState, StageConditionsExecution,
};

use super::*;

fn execution(status: &str) -> Execution {
    Execution { status: status.to_owned(), ..Execution::default() }
}

#[test]
fn a_status_shows_what_runs_and_what_is_newer_than_that() {
    let cases = [
        (&["Succeeded", "Failed"][..], 1),
        (&["InProgress", "Superseded", "InProgress", "Succeeded"], 3),
        (&["Superseded", "Stopping"], 2),
        (&[], 0),
    ];
    for (statuses, expected) in cases {
        let all = statuses.iter().map(|status| execution(status)).collect();
        assert_eq!(current(all).len(), expected, "{statuses:?}");
    }
}

#[test]
fn every_execution_that_a_stage_names_is_looked_for() {
    let stage = |execution: Option<&str>, inbound: Option<&str>| Stage {
        execution: execution.map(str::to_owned),
        inbound: inbound.map(str::to_owned),
        ..Stage::default()
    };
    let stages = [stage(Some("3"), None), stage(Some("1"), Some("2")), stage(None, None), stage(Some("1"), None)];
    assert_eq!(named(&stages), BTreeSet::from(["1", "2", "3"].map(str::to_owned)));
}

#[test]
fn who_came_first_enters_first() {
    let named = |id: &str| Execution { execution: id.to_owned(), ..Execution::default() };
    let newest_first = ["3", "2", "1"].map(named);
    let queue = ["3", "1", "2"].map(str::to_owned).to_vec();
    let mut stage = Stage { inbound: Some("3".to_owned()), queued: queue, ..Stage::default() };
    line_up(&mut stage, &newest_first);
    assert_eq!((stage.inbound.as_deref(), stage.queued), (Some("1"), vec!["2".to_owned(), "3".to_owned()]));
    let mut alone = Stage { inbound: Some("2".to_owned()), queued: vec!["2".to_owned()], ..Stage::default() };
    line_up(&mut alone, &newest_first);
    assert_eq!((alone.inbound.as_deref(), alone.queued.len()), (Some("2"), 0));
}

#[test]
fn an_execution_is_in_the_stage_of_its_newest_action_as_each_ran_last() {
    let run = |stage: &str, action: &str, status: ActionExecutionStatus| {
        ActionExecutionDetail::builder().stage_name(stage).action_name(action).status(status).build()
    };
    let newest_first = [
        run("Beta", "Test", ActionExecutionStatus::InProgress),
        run("Beta", "Deploy", ActionExecutionStatus::Succeeded),
        run("Beta", "Deploy", ActionExecutionStatus::Failed),
        run("Source", "Source", ActionExecutionStatus::Succeeded),
    ];
    let stage = last_stage("1", &newest_first).unwrap();
    let actions: Vec<_> = stage.actions.iter().map(|one| (&*one.name, one.status.as_deref().unwrap())).collect();
    assert_eq!((&*stage.name, actions), ("Beta", vec![("Deploy", "Succeeded"), ("Test", "InProgress")]));
    assert_eq!(last_stage("1", &[]), None);
}

#[test]
fn a_message_is_found_in_what_either_provider_says() {
    let cases = [
        ("Say hello", "Say hello"),
        (r#"{"ProviderType":"GitHub","CommitMessage":"Say hello"}"#, "Say hello"),
        (r#"{"other": 1}"#, r#"{"other": 1}"#),
    ];
    for (summary, expected) in cases {
        assert_eq!(revision(Some("c"), Some(summary)).message.as_deref(), Some(expected));
    }
}

#[test]
fn people_are_named_without_their_account() {
    let cases = [
        ("arn:aws:iam::000000000000:user/approver", "user/approver"),
        ("arn:aws:events:us-east-1:000000000000:rule/push", "rule/push"),
        ("somebody", "somebody"),
    ];
    for (arn, expected) in cases {
        assert_eq!(who(arn), expected);
    }
}

#[test]
fn an_action_in_progress_with_a_token_waits_for_an_answer() {
    let state =
        |latest: ActionExecution| ActionState::builder().action_name("Approve").latest_execution(latest).build();
    let asked = || ActionExecution::builder().token("t").status(ActionExecutionStatus::InProgress);
    assert!(action(&state(asked().build())).waits);
    assert!(!action(&state(asked().status(ActionExecutionStatus::Succeeded).build())).waits);
    assert!(!action(&state(asked().set_token(None).build())).waits);
}

#[test]
fn the_definition_says_which_actions_are_approvals() {
    let declared = |name: &str, category: ActionCategory| {
        let id = ActionTypeId::builder().category(category).owner(ActionOwner::Aws).provider("p").version("1");
        ActionDeclaration::builder().name(name).action_type_id(id.build().unwrap()).build().unwrap()
    };
    let approve = StageDeclaration::builder().name("Approve").actions(declared("Ask", ActionCategory::Approval));
    let approve = approve.actions(declared("Gate", ActionCategory::Invoke)).build().unwrap();
    let named = |name: &str| Action { name: name.to_owned(), ..Action::default() };
    let stage = |name: &str, actions| Stage { name: name.to_owned(), actions, ..Stage::default() };
    let mut stages = [stage("Beta", vec![named("Ask")]), stage("Approve", vec![named("Gate"), named("Ask")])];
    mark_approvals(&mut stages, &[approve]);
    let approvals = stages.each_ref().map(|stage| stage.actions.iter().map(|one| one.is_approval).collect::<Vec<_>>());
    assert_eq!(approvals, [vec![false], vec![false, true]]);
}

#[test]
fn a_condition_speaks_through_its_rules() {
    let rule =
        |words: &str| RuleState::builder().latest_execution(RuleExecution::builder().summary(words).build()).build();
    let latest = StageConditionsExecution::builder().status(ConditionExecutionStatus::InProgress).build();
    let state = StageConditionState::builder()
        .latest_execution(latest)
        .condition_states(ConditionState::builder().rule_states(rule("closed")).rule_states(rule("in alarm")).build())
        .build();
    let shown = condition(ConditionKind::BeforeEntry, &state).unwrap();
    assert_eq!((&*shown.status, shown.summary.as_deref()), ("InProgress", Some("closed; in alarm")));
    assert_eq!(condition(ConditionKind::OnSuccess, &StageConditionState::builder().build()), None);
}

#[test]
fn the_gate_is_known_by_its_function() {
    let detail = |function: &str| {
        let input = ActionExecutionInput::builder().configuration("FunctionName", function).build();
        ActionExecutionDetail::builder().input(input).build()
    };
    assert_eq!(gate(&detail("shop-flowgate-gate")), Some("shop-flowgate-gate"));
    assert_eq!(gate(&detail("shop-flowgate-start-tests")), None);
    assert_eq!(gate(&ActionExecutionDetail::builder().build()), None);
}
