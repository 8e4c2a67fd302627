//! Leases in words.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Deserialize;

use super::paint::Paint;
use super::table::table;
use super::words::{first_line, printable, second};

/// A lease, as the function that keeps it answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Lease {
    /// The stack's name.
    pub stack: String,
    /// Where it stands, such as `HELD`.
    pub state: String,
    /// The fencing token of the latest claim.
    pub token: u64,
    /// Who claimed it; none for a stack that was adopted.
    pub holder: Option<String>,
    /// What it was claimed for.
    pub source: Option<String>,
    /// The ARN of the stack that was deployed under it.
    pub stack_id: Option<String>,
    /// Whether the stack's buckets may be emptied.
    #[serde(default)]
    pub empty_buckets: bool,
    /// When the claim expires.
    pub expires_at: Option<Timestamp>,
    /// Until when it is kept whoever holds it.
    pub hold_until: Option<Timestamp>,
    /// When sweep looks at it next.
    pub due: Option<Timestamp>,
    /// Why it is kept or quarantined.
    pub why: Option<String>,
}

impl Lease {
    /// Whether nothing happens any more until a person does something.
    fn is_stuck(&self) -> bool {
        self.state == "QUARANTINED"
    }

    /// Until when it is claimed or held.
    fn until(&self) -> Option<String> {
        let held = self.hold_until.filter(|held| self.expires_at.is_none_or(|expires| expires < *held));
        held.map(|held| format!("{} (hold)", second(held))).or_else(|| self.expires_at.map(second))
    }
}

/// A table of leases, in their order.
pub fn leases(leases: &[Lease], paint: Paint) -> String {
    let head = ["NAME", "STATE", "SOURCE", "UNTIL", "DUE", "WHY"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(leases.iter().map(row)).collect();
    table(&rows, |column, text, width| match column {
        1 => paint.status(text, width).to_string(),
        _ => format!("{text:<width$}"),
    })
}

fn row(lease: &Lease) -> [String; 6] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        printable(&lease.stack),
        lease.state.clone(),
        or_dash(lease.source.as_deref().map(first_line)),
        or_dash(lease.until()),
        or_dash(lease.due.map(second)),
        lease.why.as_deref().map(first_line).unwrap_or_default(),
    ]
}

/// Everything about a lease.
pub fn lease(lease: &Lease, paint: Paint) -> String {
    let mut text = format!("{}  {}\n", paint.bold(printable(&lease.stack)), paint.status(&lease.state, 0));
    let buckets = if lease.empty_buckets { "emptied when the stack is deleted" } else { "never emptied" };
    let facts = [
        ("token", Some(lease.token.to_string())),
        ("holder", lease.holder.clone()),
        ("source", lease.source.clone()),
        ("until", lease.expires_at.map(second)),
        ("hold", lease.hold_until.map(|until| format!("until {}", second(until)))),
        ("stack", lease.stack_id.clone()),
        ("buckets", Some(buckets.to_owned())),
        ("due", lease.due.map(second)),
        ("why", lease.why.clone()),
        (
            "next",
            lease.is_stuck().then(|| format!("remedy it, then `flowgate lease release {} --quarantined`", lease.stack)),
        ),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            let _ = writeln!(text, "  {name:<8} {}", printable(&value));
        }
    }
    text
}

/// What a claim gave, and how to go on.
pub fn claimed(lease: &Lease, service: &str) -> String {
    let Lease { stack, token, .. } = lease;
    let mut text = format!("{}, token {token}", held(lease));
    if let Some(holder) = &lease.holder {
        let _ = write!(text, ", holder {holder}");
    }
    if let Some(id) = &lease.stack_id {
        let _ = write!(text, "\n  with it comes the stack that was deployed before, {id}");
    }
    let _ = writeln!(
        text,
        "\n  deploy it with the role that stack {service}-flowgate has as output PreviewDeployRole, and with the tags\n    \
         flowgate:ephemeral=true flowgate:service={service} flowgate:token={token}\n  \
         `flowgate lease renew {stack}` keeps it longer, `flowgate lease release {stack}` gives it back"
    );
    printable(&text)
}

/// What became of a lease by an operation on it. Whether sweep deletes at all is not known here: it may only be planning.
pub fn changed(lease: &Lease, operation: &str, now: Timestamp) -> String {
    let Lease { stack, state, token, .. } = lease;
    let text = match (operation, lease.hold_until) {
        ("renew", _) => held(lease),
        ("hold", Some(until)) => format!("{stack} is kept until {}", second(until)),
        ("release", Some(until)) if state == "DIRTY" && until > now => {
            format!("{stack} is released; a hold keeps it until {}, then sweep may delete it", second(until))
        }
        ("release", _) if state == "DIRTY" => format!("{stack} is released; sweep may delete it"),
        _ => format!("{stack} is {state}"),
    };
    printable(&format!("{text}, token {token}"))
}

fn held(lease: &Lease) -> String {
    let until = lease.expires_at.map(|until| format!(" until {}", second(until))).unwrap_or_default();
    let source = lease.source.as_deref().map(|source| format!(" for {source}")).unwrap_or_default();
    format!("{} is held{until}{source}", lease.stack)
}
