//! Transitions: <https://docs.aws.amazon.com/codepipeline/latest/userguide/transitions.html>.

use super::transcript::brief;
use super::world::World;
use super::*;

const THREE: &str = "Source: Fetch >Code
                     Beta: Deploy
                     Prod: Release";

/// "Any revisions that were already running in the stages that come after the disabled transition continue through the
/// pipeline." "When more than one execution arrives at a disabled transition, only the latest execution continues to the
/// next stage when the transition is enabled."
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts.html>
#[test]
fn before_a_closed_transition_the_newest_waits_and_goes_on_when_it_is_opened() {
    brief(
        THREE,
        "
        start e1; ok e1 Fetch
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Deploy
        close Beta in not now
        ok e1 Deploy
            e1 Beta/Deploy Succeeded, Beta Succeeded, Prod InProgress, run Prod/Release
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
        start e3; ok e3 Fetch
            e3 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded
            e2 Superseded superseded by execution e3
        open Beta in
            e3 Beta InProgress, run Beta/Deploy
        ",
    );
}

/// Out of a stage is into the next one; both must be open. The stage itself is free again meanwhile.
#[test]
fn both_ways_between_two_stages_must_be_open() {
    brief(
        THREE,
        "
        close Beta out not now; close Prod in nor there
        start e1; ok e1 Fetch; ok e1 Deploy
            e1 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Deploy, Beta/Deploy Succeeded, Beta Succeeded
        start e2; ok e2 Fetch
            e2 InProgress, Source InProgress, run Source/Fetch, Source/Fetch Succeeded, Source Succeeded, Beta InProgress, run Beta/Deploy
        open Beta out
        open Prod in
            e1 Prod InProgress, run Prod/Release
        close Prod out nothing is behind it
        ok e1 Release
            e1 Prod/Release Succeeded, Prod Succeeded, Succeeded
        ",
    );
}

/// "Into" the first stage and "out of" the last: starts wait, and ends do not.
#[test]
fn nobody_starts_while_the_way_into_the_first_stage_is_closed() {
    brief(
        THREE,
        "
        close Source in holidays
        start e1; start e2
            e1 InProgress
            e2 InProgress
            e1 Superseded superseded by execution e2
        open Source in
            e2 Source InProgress, run Source/Fetch
        open Source in
        ",
    );
}

/// "Pipeline execution won't resume for a transition that has been disabled more than 30 days unless a new change is
/// detected or you manually rerun the pipeline."
#[test]
fn who_waited_for_more_than_thirty_days_does_not_go_on() {
    let days = 30 * 24 * 60;
    for (minutes, mode) in [(days - 1, "SUPERSEDED"), (days, "SUPERSEDED"), (days, "QUEUED"), (days, "PARALLEL")] {
        for close in ["Beta in", "Source out"] {
            let mut world = World::new(&format!("mode={mode}\n{THREE}"));
            for line in ["start e1", "ok e1 Fetch", &format!("close {close} why"), "start e2", "ok e2 Fetch"] {
                world.tell(line);
            }
            world.tell(&format!("wait {minutes}"));
            // Who closes it again does not begin anew.
            world.tell(&format!("close {close} other words"));
            world.tell(&format!("open {close}"));
            // The events took seconds.
            let (status, gone) = (world.history["e2"].status, minutes == days);
            assert_eq!(status == ExecutionStatus::Stopped, gone, "{minutes} {mode} {close} {status:?}");
            world.tell("start e3");
            world.tell("ok e3 Fetch");
            assert_eq!(world.history["e3"].status, ExecutionStatus::InProgress);
        }
    }
}

/// `TransitionState`: enabled, lastChangedBy, lastChangedAt, disabledReason.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_TransitionState.html>
#[test]
fn who_closed_it_and_why_is_kept() {
    let mut world = World::new(THREE);
    world.tell("close Beta in bad alarm");
    let (closed, seen) = (world.now(), world.engine.state().stages["Beta"].clone());
    let disabled = Disabled { reason: "bad alarm".into(), since: closed };
    assert_eq!(seen.inbound, Transition { disabled: Some(disabled), changed: Some(("arn:somebody".into(), closed)) });
    assert_eq!(seen.outbound, Transition::default());
    world.tell("open Beta in");
    let opened = Transition { disabled: None, changed: Some(("arn:somebody".into(), world.now())) };
    assert_eq!(world.engine.state().stages["Beta"].inbound, opened);
    assert_eq!(world.ask("close Nowhere in why"), Err(Refusal::StageNotFound("Nowhere".into())));
}
