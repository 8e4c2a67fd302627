//! Which functions may be invoked: those of the two stacks that the action names, in the account of the stage.

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
}

impl Home<'_> {
    /// The function that an output names, or what is wrong with it, to be put behind what names it.
    pub fn function(&self, value: &str) -> Result<FunctionName, String> {
        let function: FunctionName = value.parse().map_err(|error| format!("does not name a test: {error}"))?;
        self.in_account(&function)?;
        self.of_stacks(&function)?;
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

    /// Our role may invoke the functions of every stage, and the templates of one must not make us invoke another's.
    fn of_stacks(&self, function: &FunctionName) -> Result<(), String> {
        let owns = |stack: &StackName| {
            function.name().strip_prefix(stack.as_str()).is_some_and(|rest| rest.len() > 1 && rest.starts_with('-'))
        };
        if self.stacks.iter().any(|(stack, _)| owns(stack)) {
            return Ok(());
        }
        let begins: Vec<String> = self.stacks.iter().map(|(stack, _)| format!("{stack}-")).collect();
        let begins = begins.join(" or ");
        Err(format!("names a function of neither stack: its name must begin with {begins}, as CloudFormation names it"))
    }

    /// The one value that an output of this key has in the stacks.
    pub(super) fn output(&self, key: &str) -> Result<&str, String> {
        let mut values: Vec<&str> =
            self.stacks.iter().filter_map(|(_, stack)| stack.outputs.get(key)).map(String::as_str).collect();
        values.dedup();
        match values[..] {
            [value] => Ok(value),
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
