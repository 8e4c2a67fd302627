//! Which functions may be invoked: an output names one of the stack it stands in, in the account of the stage.

use std::collections::BTreeSet;

use crate::{
    ids::{FunctionName, StackName},
    ports::Stack,
};

/// The stacks whose functions they may be, and the account they must be in.
#[derive(Debug, Clone)]
pub struct Home<'a> {
    /// The app stack, and the test stack where there is one.
    pub stacks: Vec<(&'a StackName, &'a Stack)>,
    /// The account of the stage.
    pub account: &'a str,
    /// Whether a role of its own is assumed there, whose policy has the last word.
    pub assumed: bool,
}

/// What an output says, and the stacks that have it.
pub(super) struct Output<'a> {
    pub(super) value: &'a str,
    pub(super) stacks: Vec<&'a StackName>,
}

/// How much of a stack's name CloudFormation keeps at least in a function's, in characters.
const KEPT: usize = 25;

impl Home<'_> {
    /// The function that an output of these stacks names, or what is wrong with it, to be put behind what names it.
    pub fn function(&self, value: &str, stacks: &[&StackName]) -> Result<FunctionName, String> {
        let function: FunctionName = value.parse().map_err(|error| format!("does not name a test: {error}"))?;
        self.in_account(&function)?;
        self.of(stacks, &function)?;
        Ok(function)
    }

    /// A plain name means the account of the stage.
    pub fn in_account(&self, function: &FunctionName) -> Result<(), String> {
        match function.account() {
            Some(account) if account != self.account => {
                Err(format!("names a function in account {account}, and the stage is in {}", self.account))
            }
            _ => Ok(()),
        }
    }

    /// Our role may invoke the functions of every stage, and the templates of one must not make us invoke another's:
    /// those of the tests, which all stages share, are deployed before anybody approves of anything.
    fn of(&self, stacks: &[&StackName], function: &FunctionName) -> Result<(), String> {
        if stacks.iter().any(|stack| self.is_of(stack, function)) {
            return Ok(());
        }
        let begins: Vec<String> = stacks.iter().map(|stack| format!("{stack}-")).collect();
        Err(format!(
            "names a function of another stack: its name must begin with {}; where CloudFormation cuts the stack's name, \
             as 64 characters are all it has, shorten the logical id",
            begins.join(" or ")
        ))
    }

    /// Our own role's policy wants the whole of the stack's name, too: what is left when it is cut may be another stage's.
    fn is_of(&self, stack: &StackName, function: &FunctionName) -> bool {
        let name = function.name();
        let is_whole = name.strip_prefix(stack.as_str()).is_some_and(|rest| rest.len() > 1 && rest.starts_with('-'));
        is_whole || self.assumed && stack.as_str().get(..KEPT).is_some_and(|kept| name.starts_with(kept))
    }

    /// The one value that an output of this key has in the stacks.
    pub(super) fn output(&self, key: &str) -> Result<Output<'_>, String> {
        let found = self.stacks.iter().filter_map(|(name, stack)| Some((*name, stack.outputs.get(key)?.as_str())));
        let (stacks, mut values): (Vec<&StackName>, Vec<&str>) = found.unzip();
        values.dedup();
        match values[..] {
            [value] => Ok(Output { value, stacks }),
            [] => Err(format!("output names no output of {}; there are {}", self.names(), self.keys())),
            _ => Err(format!("output names different outputs of {}; give one of them another key", self.names())),
        }
    }

    fn names(&self) -> String {
        let names: Vec<String> = self.stacks.iter().map(|(stack, _)| format!("stack {stack}")).collect();
        names.join(" and ")
    }

    fn keys(&self) -> String {
        let keys: BTreeSet<&String> = self.stacks.iter().flat_map(|(_, stack)| stack.outputs.keys()).collect();
        names(keys.into_iter())
    }
}

/// Keys of outputs, for people.
pub(in crate::start_tests) fn names<'a>(keys: impl Iterator<Item = &'a String>) -> String {
    let keys: Vec<&str> = keys.map(String::as_str).collect();
    if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
}
