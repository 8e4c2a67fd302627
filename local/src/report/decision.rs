//! A decision of the gate as it recorded it. Records are older and newer than we are: what is not understood is told as it
//! stands, and what is missing is left out.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::paint::Paint;
use super::table::table;
use super::view::{Said, Span};
use super::words::{printable, second};

/// How far apart the clocks of the gate and of CodePipeline may be.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Which of the actions' runs made a decision: the one that ran then.
pub(super) fn maker(decision: &Value, said: &[Said]) -> Option<usize> {
    let at = at(decision)?;
    let gates = said.iter().enumerate().filter_map(|(index, said)| Some((distance(said.judged?, at), index)));
    gates.filter(|(distance, _)| *distance <= SKEW).min().map(|(_, index)| index)
}

fn distance(span: Span, at: Timestamp) -> SignedDuration {
    let (early, late) = (span.from.duration_since(at), at.duration_since(span.to));
    early.max(late).max(SignedDuration::ZERO)
}

/// A decision that no action's run stands for.
pub(super) fn heading(decision: &Value, paint: Paint) -> String {
    let at = at(decision).map(|at| format!(" of {}", second(at))).unwrap_or_default();
    let phase = match decision["phase"].as_str() {
        Some("ask") => " before anybody was asked",
        Some("enter") => " at the entry",
        _ => "",
    };
    let (outcome, meaning) = outcome(&decision["outcome"]);
    format!("decision{at}{phase}: {}", paint.meant(meaning, outcome))
}

/// What the decision is based on, in lines of their own: each rule's answer, each approval and what it was worth, who could
/// not approve, and what was judged.
pub(super) fn details(decision: &Value, paint: Paint) -> String {
    if let Some(text) = decision.as_str() {
        return format!("    a record that this flowgate does not understand: {}\n", one_line(text));
    }
    let rules: Vec<[String; 3]> = list(&decision["answers"]).map(answer).collect();
    let votes: Vec<[String; 3]> = list(&decision["votes"]).map(vote).collect();
    let painted = |_: usize, text: &str, width: usize| {
        let padded = format!("{text:<width$}");
        match meaning(text) {
            Some(meaning) => paint.meant(meaning, padded).to_string(),
            None => padded,
        }
    };
    let lines = table(&rules, painted) + &table(&votes, painted) + &facts(decision);
    lines.lines().filter(|line| !line.is_empty()).map(|line| format!("    {line}\n")).collect()
}

/// A rule, what it said, and why; the gate's words name whoever set it aside.
fn answer(answer: &Value) -> [String; 3] {
    let is_set_aside = !matches!(answer["overridden"], Value::Null | Value::Bool(false));
    let outcome = if is_set_aside { SET_ASIDE.to_owned() } else { outcome(&answer["outcome"]).0 };
    [words(&answer["rule"]), outcome, answer["because"].as_str().map(one_line).unwrap_or_default()]
}

const SET_ASIDE: &str = "set aside";
const COUNTS: &str = "counts";

/// An approval, what it was worth, and who gave it.
fn vote(vote: &Value) -> [String; 3] {
    let who = vote["person"].as_str().or_else(|| vote["run"]["by"].as_str()).map(one_line);
    let answered = vote["run"]["answered"].as_str().and_then(|at| at.parse().ok()).map(second);
    let who = [who, answered].into_iter().flatten().collect::<Vec<_>>().join(" at ");
    let (worth, why) = worth(&vote["worth"]);
    let told: Vec<String> = [who, why].into_iter().filter(|words| !words.is_empty()).collect();
    [words(&vote["action"]), worth, told.join(", ")]
}

/// Whether an approval counts, and why it does not.
fn worth(value: &Value) -> (String, String) {
    let not = |why: &str| ("does not count".to_owned(), why.to_owned());
    match value {
        Value::String(worth) => match &**worth {
            "counts" => (COUNTS.to_owned(), String::new()),
            "not_asked" => not("did not ask"),
            "not_answered" => not("is not answered"),
            "not_given" => not("is no approval"),
            "old" => not("was given too long ago"),
            "used" => not("was used up by an earlier release"),
            "repeated" => not("counts already"),
            other => not(&words(&Value::from(other))),
        },
        Value::Object(one) => {
            let why: Vec<String> = one.values().map(why).collect();
            not(&why.join(", "))
        }
        _ => (String::new(), String::new()),
    }
}

/// Why somebody is nobody, or what they have to do with a release.
fn why(value: &Value) -> String {
    let known = match value.as_str() {
        Some("root") => "is root, who is nobody",
        Some("unaddressed") => "has a session whose name is no address",
        Some("stranger") => "is not in the people map",
        Some("pushed") => "pushed the commit",
        Some("wrote") => "wrote the commit",
        Some("committed") => "committed it",
        Some("proposed") => "opened the pull request",
        Some("contributed") => "wrote a commit of the pull request",
        Some("started") => "started the execution",
        _ => return words(value),
    };
    known.to_owned()
}

/// Who could not approve, and what was judged.
fn facts(decision: &Value) -> String {
    let excluded = list(&decision["excluded"]).map(|one| format!("{} {}", words(&one["person"]), why(&one["why"])));
    let excluded: Vec<String> = excluded.collect();
    let excluded = (!excluded.is_empty()).then(|| format!("whose approval cannot count: {}", excluded.join("; ")));
    let named = |name: &str, field: &str| decision[field].as_str().map(|value| format!("{name} {}", one_line(value)));
    let judged: Vec<String> =
        [named("commit", "revision"), named("artifact", "digest")].into_iter().flatten().collect();
    let judged = (!judged.is_empty()).then(|| judged.join(", "));
    excluded.into_iter().chain(judged).map(|line| line + "\n").collect()
}

/// What came out, and the status that means the same.
fn outcome(value: &Value) -> (String, &'static str) {
    let text = match value.as_str() {
        Some("approve") => "passes".to_owned(),
        Some("deny") => "denied".to_owned(),
        Some("wait") => "waits".to_owned(),
        _ => words(value),
    };
    let meaning = meaning(&text).unwrap_or_default();
    (text, meaning)
}

/// The status that means the same.
fn meaning(text: &str) -> Option<&'static str> {
    match text {
        "passes" | COUNTS => Some("Succeeded"),
        "denied" | "does not count" => Some("Failed"),
        "waits" | SET_ASIDE => Some("waits"),
        _ => None,
    }
}

fn at(decision: &Value) -> Option<Timestamp> {
    decision["at"].as_str()?.parse().ok()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A name in words; what is none, as it stands.
fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => one_line(text),
        other => one_line(&other.to_string()),
    }
}

fn one_line(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}
