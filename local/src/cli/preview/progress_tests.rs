use aws_sdk_codepipeline::types::{
    ActionCategory, ActionDeclaration, ActionExecutionOutput, ActionExecutionResult, ActionExecutionStatus,
    ActionOwner, ActionTypeId, ErrorDetails, PipelineExecutionStatus,
};

use super::*;

fn declared(name: &str, actions: &[&str]) -> StageDeclaration {
    let id = ActionTypeId::builder().category(ActionCategory::Invoke).owner(ActionOwner::Aws);
    let id = id.provider("Lambda").version("1").build().unwrap();
    let action = |name: &&str| ActionDeclaration::builder().name(*name).action_type_id(id.clone()).build().unwrap();
    let actions = actions.iter().map(action).collect();
    StageDeclaration::builder().name(name).set_actions(Some(actions)).build().unwrap()
}

fn run(stage: &str, action: &str, status: ActionExecutionStatus, words: &str) -> ActionExecutionDetail {
    let result = match status {
        ActionExecutionStatus::Failed => {
            ActionExecutionResult::builder().error_details(ErrorDetails::builder().message(words).build())
        }
        _ => ActionExecutionResult::builder().external_execution_summary(words),
    };
    let output = ActionExecutionOutput::builder().execution_result(result.build());
    let output = output.output_variables("ApiUrl", "https://x").output_variables("Passed", "3");
    ActionExecutionDetail::builder()
        .stage_name(stage)
        .action_name(action)
        .status(status)
        .output(output.output_variables("Failed", "1").build())
        .build()
}

fn progress(status: PipelineExecutionStatus, newest_first: &[ActionExecutionDetail]) -> Progress {
    let declared =
        [declared("Source", &["Source"]), declared("Build", &["Build"]), declared("Preview", &["Deploy", "Test"])];
    let itself = PipelineExecution::builder().pipeline_execution_id("e1").status(status).build();
    Progress::from_answers("shop-flowgate-previews", &declared, newest_first, Some(&itself))
}

fn stages(progress: &Progress) -> Vec<Option<&str>> {
    progress.status.stages.iter().map(|stage| stage.status.as_deref()).collect()
}

#[test]
fn stages_are_as_far_as_their_actions() {
    use ActionExecutionStatus::{InProgress, Succeeded};
    let seen = [
        run("Preview", "Deploy", Succeeded, "Stack shop-pr-7 was created."),
        run("Build", "Build", Succeeded, ""),
        run("Source", "Source", Succeeded, "A"),
    ];
    let between = progress(PipelineExecutionStatus::InProgress, &seen);
    assert_eq!(stages(&between), [Some("Succeeded"), Some("Succeeded"), Some("InProgress")]);
    assert!(between.runs() && between.failure().is_none());
    let begun = progress(PipelineExecutionStatus::InProgress, &[run("Source", "Source", InProgress, "")]);
    assert_eq!(stages(&begun), [Some("InProgress"), None, None]);
    let stopped = progress(PipelineExecutionStatus::Stopped, &seen);
    assert_eq!(stages(&stopped)[2], Some("Stopped"));
    assert!(!stopped.runs());
}

#[test]
fn the_end_says_what_the_stack_gives_and_what_the_tests_came_to() {
    use ActionExecutionStatus::{Failed, Succeeded};
    let seen = [
        run("Preview", "Test", Failed, "3 of 4 passed; b failed"),
        run("Preview", "Test", Failed, "an earlier run"),
        run("Preview", "Deploy", Succeeded, ""),
    ];
    let failed = progress(PipelineExecutionStatus::Failed, &seen);
    assert_eq!(stages(&failed)[2], Some("Failed"));
    assert_eq!(failed.outputs["ApiUrl"], "https://x");
    let summary = Some("3 of 4 passed; b failed".to_owned());
    assert_eq!(failed.tests, Some(Tests { summary, passed: Some(3), failed: Some(1) }));
    assert_eq!(failed.failure().as_deref(), Some("Preview Test failed: 3 of 4 passed; b failed"));
}
