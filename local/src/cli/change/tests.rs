use clap::Parser as _;

use super::{ChangeError, retry, rollback, stop};
use crate::cli::args::{Args, Retry, Stop, Subcommand};
use crate::report::view::{Action, Execution, Stage, Status};

const FIRST: &str = "11111111-aaaa-bbbb-cccc-000000000001";
const SECOND: &str = "22222222-aaaa-bbbb-cccc-000000000002";
const THIRD: &str = "33333333-aaaa-bbbb-cccc-000000000003";

fn execution(id: &str, status: &str) -> Execution {
    Execution { execution: id.to_owned(), status: status.to_owned(), ..Execution::default() }
}

fn stage(name: &str, status: &str, execution: &str) -> Stage {
    let (status, execution) = (Some(status.to_owned()), Some(execution.to_owned()));
    Stage { name: name.to_owned(), status, execution, ..Stage::default() }
}

fn status(stages: Vec<Stage>, executions: Vec<Execution>) -> Status {
    Status { pipeline: "p".to_owned(), mode: None, stages, executions }
}

fn parsed(words: &[&str]) -> Subcommand {
    Args::parse_from(["flowgate"].iter().chain(words)).command.unwrap()
}

fn retrying(status: &Status, words: &[&str]) -> Result<(String, String), String> {
    let Subcommand::Retry(options) = parsed(&[&["retry"], words].concat()) else { panic!("no retry") };
    let options: Retry = options;
    let chosen = retry::choose(status, &options).map_err(|error| error.to_string())?;
    Ok((chosen.stage.map(|stage| stage.name).unwrap_or_default(), chosen.execution.execution))
}

fn stopping(status: &Status, words: &[&str]) -> Result<String, String> {
    let Subcommand::Stop(options) = parsed(&[&["stop"], words].concat()) else { panic!("no stop") };
    let options: Stop = options;
    stop::choose(status, &options).map(|chosen| chosen.execution).map_err(|error| error.to_string())
}

#[test]
fn a_retry_says_who_is_asked_again() {
    let action = |name: &str, status: &str, by: Option<&str>| Action {
        name: name.to_owned(),
        status: Some(status.to_owned()),
        by: by.map(str::to_owned),
        is_approval: name != "Deploy",
        ..Action::default()
    };
    let people = |actions: &[Action], all: bool| {
        retry::of_people(&Stage { actions: actions.to_vec(), ..stage("Approve", "Failed", FIRST) }, all)
    };
    let gate = action("Gate", "Failed", None);
    let denied = [action("Approve", "Succeeded", Some("user/a")), action("Second", "Succeeded", Some("user/b")), gate];
    let asked = |words: &str| Some(words.to_owned());
    assert_eq!(people(&denied, true), asked("Approve and Second are asked again"));
    let stay = "Approve and Second are not asked again without --all";
    assert_eq!(people(&denied, false), asked(stay));
    let rejected = [action("Approve", "Failed", Some("user/a")), action("Second", "Succeeded", Some("user/b"))];
    let both = "Approve is asked again; Second is not asked again without --all";
    assert_eq!(people(&rejected, false), asked(both));
    assert_eq!(people(&[action("Deploy", "Failed", Some("role/deploy"))], true), None);
}

#[test]
fn the_one_stage_that_ended_badly_is_retried_and_several_must_be_told_apart() {
    let one = status(vec![stage("Beta", "Succeeded", SECOND), stage("Prod", "Failed", FIRST)], Vec::new());
    let prod = Ok(("Prod".to_owned(), FIRST.to_owned()));
    for words in [&[][..], &["--stage", "Prod"], &["--execution", "1111111"], &["--execution", FIRST, "--all"]] {
        assert_eq!(retrying(&one, words), prod, "{words:?}");
    }
    let only = format!("cannot be retried; what can is Prod ({FIRST})");
    assert_eq!(retrying(&one, &["--stage", "Beta"]).unwrap_err(), format!("stage Beta of pipeline p {only}"));
    let other = retrying(&one, &["--execution", "2222222"]).unwrap_err();
    assert_eq!(other, format!("execution 2222222 of pipeline p {only}"));
    let unknown = retrying(&one, &["--stage", "Gamma"]).unwrap_err();
    assert_eq!(unknown, "pipeline p has no stage Gamma; it has Beta, Prod");

    let two = status(vec![stage("Beta", "Stopped", SECOND), stage("Prod", "Failed", FIRST)], Vec::new());
    let several =
        format!("several can be retried in pipeline p, name one with --stage: Beta ({SECOND}), Prod ({FIRST})");
    assert_eq!(retrying(&two, &[]).unwrap_err(), several);
    assert_eq!(retrying(&two, &["--execution", SECOND]).unwrap().0, "Beta");

    let none = status(vec![stage("Beta", "Cancelled", FIRST)], Vec::new());
    let nothing = "no stage of pipeline p has failed or was stopped; `flowgate status p` shows where it is";
    assert_eq!(retrying(&none, &[]).unwrap_err(), nothing);
}

#[test]
fn where_executions_run_side_by_side_they_are_told_apart_by_their_ids() {
    let executions = vec![execution(THIRD, "Failed"), execution(SECOND, "InProgress"), execution(FIRST, "Stopped")];
    let all = Status { mode: Some("PARALLEL".to_owned()), ..status(Vec::new(), executions) };
    let several = format!("several can be retried in pipeline p, name one with --execution: {THIRD}, {FIRST}");
    assert_eq!(retrying(&all, &[]).unwrap_err(), several);
    assert_eq!(retrying(&all, &["--execution", FIRST]).unwrap().1, FIRST);
    assert_eq!(rollback::stage(&all, None).unwrap_err(), ChangeError::NoRollback("p".to_owned()));
}

#[test]
fn the_one_execution_that_runs_is_stopped_and_one_that_stops_only_abandoned() {
    let both = [execution(THIRD, "Stopping"), execution(SECOND, "InProgress"), execution(FIRST, "Failed")];
    let both = status(Vec::new(), both.to_vec());
    let several =
        format!("several executions of pipeline p are in progress, name one with --execution: {THIRD}, {SECOND}");
    assert_eq!(stopping(&both, &[]).unwrap_err(), several);
    assert_eq!(stopping(&both, &["--execution", SECOND]).unwrap(), SECOND);
    assert_eq!(stopping(&both, &["--abandon"]).unwrap_err(), several);
    assert_eq!(stopping(&both, &["--abandon", "--execution", "3333333"]).unwrap(), THIRD);
    let already =
        format!("execution {THIRD} of pipeline p is being stopped already; with --abandon what runs is not waited for");
    assert_eq!(stopping(&both, &["--execution", "3333333"]).unwrap_err(), already);
    let ended = format!("no execution 1111111 of pipeline p is in progress; these are: {THIRD}, {SECOND}");
    assert_eq!(stopping(&both, &["--execution", "1111111"]).unwrap_err(), ended);
    let rests = status(Vec::new(), vec![execution(FIRST, "Failed")]);
    let nothing = "no execution of pipeline p is in progress; `flowgate history p` lists those that were";
    assert_eq!(stopping(&rests, &[]).unwrap_err(), nothing);
}

#[test]
fn the_stage_that_failed_is_rolled_back_and_any_other_must_be_named() {
    let source = stage("Source", "Succeeded", SECOND);
    let failed = status(vec![source.clone(), stage("Prod", "Failed", SECOND)], Vec::new());
    assert_eq!(rollback::stage(&failed, None).unwrap().name, "Prod");
    let fine = status(vec![source, stage("Prod", "Succeeded", SECOND)], Vec::new());
    let unnamed = rollback::stage(&fine, None).unwrap_err().to_string();
    assert_eq!(unnamed, "name the stage of pipeline p to roll back with --stage: Prod");
    assert_eq!(rollback::stage(&fine, Some("Prod")).unwrap().name, "Prod");
    let unknown = rollback::stage(&fine, Some("Gamma")).unwrap_err().to_string();
    assert_eq!(unknown, "pipeline p has no stage Gamma; it has Source, Prod");
}

fn rollback_to(id: &str, target: &str) -> Execution {
    Execution { rollback: true, rollback_of: Some(target.to_owned()), ..execution(id, "Succeeded") }
}

fn target(succeeded: &[Execution], present: &Execution, named: Option<&str>) -> Result<String, String> {
    let target = rollback::target("p", "Prod", succeeded, Some(present), named);
    target.map(|target| target.execution).map_err(|error| error.to_string())
}

#[test]
fn a_stage_goes_back_to_what_was_there_before() {
    let proper = [THIRD, SECOND, FIRST].map(|id| execution(id, "Succeeded"));
    assert_eq!(target(&proper, &proper[0], None).unwrap(), SECOND, "the present one succeeded");
    assert_eq!(target(&proper[1..], &execution(THIRD, "Failed"), None).unwrap(), SECOND, "the present one failed");
    let nothing = "nothing that succeeded in stage Prod of pipeline p before is left to go back to";
    assert_eq!(target(&proper[2..], &proper[2], None).unwrap_err(), nothing);

    let [third, second, first] = proper;
    let rolled = rollback_to("44444444", SECOND);
    let all = [rolled.clone(), third, second, first];
    assert_eq!(target(&all, &rolled, None).unwrap(), FIRST, "further back than it was rolled back already");
    let failed = execution("55555555", "Failed");
    assert_eq!(target(&all, &failed, None).unwrap(), SECOND, "what the rollback had brought back");
    let failed = Execution { status: "Failed".to_owned(), ..rollback_to("66666666", FIRST) };
    assert_eq!(target(&all, &failed, None).unwrap(), FIRST, "what a rollback that failed should have brought back");
    let old = rollback_to("77777777", "88888888");
    assert_eq!(target(&[old.clone(), all[1].clone()], &old, None).unwrap_err(), nothing, "further back than is seen");
}

#[test]
fn an_execution_is_named_by_its_beginning_and_is_no_rollback() {
    let succeeded = [rollback_to("4444444444", FIRST), execution(SECOND, "Succeeded"), execution(FIRST, "Succeeded")];
    assert_eq!(target(&succeeded, &succeeded[1], Some("1111111")).unwrap(), FIRST);
    let refused = target(&succeeded, &succeeded[1], Some("4444444")).unwrap_err();
    let these = format!("these did: {SECOND}, {FIRST}");
    assert_eq!(
        refused,
        format!("no execution 4444444 succeeded in stage Prod of pipeline p as the pipeline is now; {these}")
    );
}
