//! How long actions take at most: <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>.

use super::transcript::brief;
use super::world::World;
use super::*;

const LAMBDA: &str = "Source: Fetch >Code
                      Prod: Deploy";

/// Lambda: without a reply for 20 minutes the action fails. News that the engine has of it is no reply.
#[test]
fn an_action_of_which_nothing_is_heard_fails_after_twenty_minutes() {
    brief(
        LAMBDA,
        r#"
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        wait 19
        news e1 Deploy percent=50 half of it
            e1 Prod/Deploy InProgress 50% half of it
        wait 1
            e1 Prod/Deploy Failed 50% half of it JobTimedOut: no reply for 20 minutes: whoever does the work must report success, failure or progress before that, Prod Failed, Failed action "Deploy" of stage "Prod" failed
        ok e1 Deploy
        "#,
    );
}

/// A reply that the work goes on restarts the 20 minutes; after 24 hours it fails in any case.
#[test]
fn an_action_that_says_so_goes_on_for_a_day_at_most() {
    let mut world = World::new(LAMBDA);
    for line in ["start e1", "ok e1 Fetch"] {
        world.tell(line);
    }
    let began = world.now();
    while world.now() + SignedDuration::from_mins(16) < began + SignedDuration::from_hours(24) {
        assert!(world.tell("wait 15").is_empty());
        world.tell("continued e1 Deploy still at it");
        let silent = world.now() + SignedDuration::from_mins(20);
        assert_eq!(world.engine.due(), Some(silent.min(began + SignedDuration::from_hours(24))));
    }
    world.tell("wait 19");
    let run = world.history["e1"].stages[1].latest("Deploy").unwrap();
    let error = ErrorDetails { code: "JobTimedOut".into(), message: "it did not end within 24 hours".into() };
    assert_eq!((run.status, run.error_details.as_ref()), (ActionStatus::Failed, Some(&error)));
    assert_eq!(run.summary.as_deref(), Some("still at it"));
    assert_eq!(world.history["e1"].status, ExecutionStatus::Failed);
}

/// CodeBuild 8 hours, CloudFormation 3 days, a source 1 hour, an approval 7 days or what it says: no word is expected.
#[test]
fn every_kind_of_action_has_its_time() {
    let times = [("Make build <Code", 8 * 60), ("Make stack", 3 * 24 * 60), ("Make ?", 7 * 24 * 60), ("Make ?5", 5)];
    for (action, minutes) in times {
        let mut world = World::new(&format!("Source: Fetch >Code\nStage: {action}"));
        world.tell("start e1");
        assert_eq!(world.engine.due(), Some(world.now() + SignedDuration::from_hours(1)));
        world.tell("ok e1 Fetch");
        let due = world.now() + SignedDuration::from_mins(minutes);
        assert_eq!(world.engine.due(), Some(due), "{action}");
        world.tell("continued e1 Make");
        assert_eq!(world.engine.due(), Some(due), "{action}");
        world.tell(&format!("wait {minutes}"));
        assert_eq!(world.history["e1"].status, ExecutionStatus::Failed, "{action}");
    }
}

/// What fails so is tried again as anything else that fails, and each run has its own time.
#[test]
fn a_run_that_is_too_long_is_tried_again() {
    brief(
        "Source: Fetch >Code
         Prod retry=FAILED_ACTIONS: Deploy",
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        wait 20
            e1 Prod/Deploy Failed JobTimedOut: no reply for 20 minutes: whoever does the work must report success, failure or progress before that, Prod InProgress, run Prod/Deploy
        wait 19
        ok e1 Deploy
            e1 Prod/Deploy Succeeded, Prod Succeeded, Succeeded
        ",
    );
}

/// What is being stopped ends in its time too.
#[test]
fn a_stop_waits_no_longer_than_the_action_may_take() {
    brief(
        LAMBDA,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Prod InProgress, run Prod/Deploy
        stop e1
            e1 Stopping, Prod Stopping
        wait 20
            e1 Prod/Deploy Failed JobTimedOut: no reply for 20 minutes: whoever does the work must report success, failure or progress before that, Prod Stopped, Stopped
        ",
    );
}
