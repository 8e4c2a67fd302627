use serde_json::json;

use super::*;

const OURS: &str = "11111111-aaaa-bbbb-cccc-000000000001";

fn change(execution: &str, stage: &str, status: &str, second: u32) -> Change {
    let change = json!({
        "at": format!("2026-01-02T03:04:{second:02}Z"), "pipeline": "shop", "version": 1, "execution": execution,
        "level": "stage", "stage": stage, "status": status,
    });
    serde_json::from_value(change).unwrap()
}

fn track(changes: &[(&str, &str, u32)]) -> Track {
    let mut track = Track::new("shop", ["Source", "Beta", "Prod"].map(str::to_owned).to_vec());
    for (stage, status, second) in changes {
        track.take(&change(OURS, stage, status, *second));
    }
    track
}

#[test]
fn every_stage_is_in_the_line_with_its_time_and_what_is_behind_leaves_it_first() {
    let track = track(&[("Source", "InProgress", 0), ("Source", "Succeeded", 3), ("Beta", "InProgress", 3)]);
    let line = |columns| track.line("2026-01-02T03:05:15Z".parse().unwrap(), columns, Paint::Plain);
    assert_eq!(line(80), "✓ Source 3s  ▸ Beta 1m 12s  Prod");
    assert_eq!(line(24), "…  ▸ Beta 1m 12s  Prod");
    assert_eq!(line(12), "…  ▸ Beta 1…");
}

#[test]
fn a_stage_that_ended_badly_keeps_its_time_and_one_that_is_tried_again_begins_anew() {
    let failed = [("Source", "Skipped", 1), ("Beta", "InProgress", 1), ("Beta", "Failed", 5)];
    let line = |track: Track| track.line("2026-01-02T03:04:30Z".parse().unwrap(), 80, Paint::Plain);
    assert_eq!(line(track(&failed)), "- Source  ✗ Beta 4s  Prod");
    let again: Vec<_> = failed.into_iter().chain([("Beta", "InProgress", 20)]).collect();
    assert_eq!(line(track(&again)), "- Source  ▸ Beta 10s  Prod");
}

#[test]
fn what_other_executions_do_is_not_in_the_line() {
    let mut track = track(&[("Source", "InProgress", 0)]);
    let other = change("22222222-aaaa-bbbb-cccc-000000000002", "Source", "Failed", 1);
    assert!(!track.follows(&other));
    track.take(&other);
    assert_eq!(track.line("2026-01-02T03:04:02Z".parse().unwrap(), 80, Paint::Plain), "▸ Source 2s  Beta  Prod");
}
