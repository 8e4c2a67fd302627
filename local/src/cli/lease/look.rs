//! `flowgate lease list` and `show`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::args::{About, List};
use super::{FUNCTION, open, tell};
use crate::cli::client::ClientError;
use crate::cli::function::{Function, FunctionError};
use crate::report::{self, Lease, Paint, say};

/// One page of the list.
#[derive(Deserialize)]
struct Page {
    leases: Vec<Value>,
    next: Option<Value>,
}

pub(super) async fn list(options: &List) -> Result<(), ClientError> {
    let function = Function::open(FUNCTION, options.service.clone(), &options.caller).await?;
    let answers = all(&function).await?;
    let leases: Vec<Lease> = answers.iter().map(|answer| function.read(answer)).collect::<Result<_, _>>()?;
    if options.json {
        answers.iter().for_each(say);
    } else if leases.is_empty() {
        say(format_args!("service {} has no leases; `flowgate lease claim NAME` makes one", function.service));
    } else {
        say(report::leases(&leases, Paint::of_stdout()).trim_end());
    }
    Ok(())
}

pub(super) async fn show(about: &About) -> Result<(), ClientError> {
    let function = open(about).await?;
    let answer = standing(&function, &about.stack).await?;
    tell(&function, &answer, about.json, |lease| report::lease(lease, Paint::of_stdout()))
}

/// The lease of this stack, as it stands.
pub(super) async fn standing(function: &Function, stack: &str) -> Result<Value, FunctionError> {
    function.ask(&json!({"operation": "show", "stack": stack})).await
}

/// All leases, in the order of the pages: what is due first comes first.
async fn all(function: &Function) -> Result<Vec<Value>, FunctionError> {
    let mut leases = Vec::new();
    let mut after = None;
    loop {
        let page: Page = function.read(&function.ask(&request(after.as_ref())).await?)?;
        leases.extend(page.leases);
        match page.next {
            None => return Ok(leases),
            next if next == after => return Err(function.unreadable(&"a page that follows itself")),
            next => after = next,
        }
    }
}

fn request(after: Option<&Value>) -> Value {
    match after {
        None => json!({"operation": "list"}),
        Some(after) => json!({"operation": "list", "after": after}),
    }
}
