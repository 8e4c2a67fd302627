//! Transcripts: events at the left margin, what they lead to indented.

use super::shown::{in_brief, shown};
use super::world::World;
use super::*;

/// Replays the events of a transcript and compares everything that follows from them.
pub(super) fn check(definition: &str, transcript: &str) {
    compare(definition, transcript, |commands| commands.iter().map(shown).collect());
}

/// Like [`check`], but a line may hold several events, and of what follows each execution has one line, which leaves
/// out artifacts and says once that something begins.
pub(super) fn brief(definition: &str, transcript: &str) {
    compare(definition, transcript, in_brief);
}

fn compare(definition: &str, transcript: &str, show: fn(&[Command]) -> Vec<String>) {
    let mut world = World::new(definition);
    let lines: Vec<&str> = transcript.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let margin = lines[0].len() - lines[0].trim_start().len();
    let expected: Vec<&str> = lines.into_iter().map(|line| &line[margin..]).collect();
    let mut actual = Vec::new();
    for line in expected.iter().filter(|line| !line.starts_with(' ')) {
        actual.push((*line).to_owned());
        let answer = match line.split("; ").map(|event| world.ask(event)).collect::<Result<Vec<_>, _>>() {
            Ok(commands) => show(&commands.concat()),
            Err(why) => vec![format!("refused: {why}")],
        };
        actual.extend(answer.iter().map(|line| format!("    {line}")));
    }
    let (expected, actual) = (expected.join("\n"), actual.join("\n"));
    assert!(expected == actual, "expected\n{expected}\n\nactual\n{actual}");
}
