//! The programs that are measured: the functions, and what they are compared with.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};

/// A program that serves events of the Runtime API.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) command: Vec<OsString>,
    /// What is missing when the program is.
    made: PathBuf,
}

impl Program {
    /// A function, as it is deployed.
    pub(crate) fn function(target: &Path, name: &str) -> Self {
        Self::binary(name, target.join("lambda").join(name).join("bootstrap"))
    }

    /// A function that does nothing.
    pub(crate) fn empty(target: &Path) -> Self {
        Self::binary("empty", target.join("bench/rust/empty/bootstrap"))
    }

    /// A function that makes one call with the SDK's defaults.
    pub(crate) fn sdk_defaults(target: &Path) -> Self {
        Self::binary("SDK defaults", target.join("bench/rust/sdk_defaults/bootstrap"))
    }

    /// `start_tests` on Node.
    pub(crate) fn node(target: &Path) -> Self {
        let bundle = target.join("bench/node/bundle.js");
        Self { name: "Node".into(), command: vec!["node".into(), bundle.clone().into()], made: bundle }
    }

    /// `start_tests` on boto3.
    pub(crate) fn boto3(target: &Path) -> Self {
        let folder = target.join("bench/python");
        let (python, main) = (folder.join("bin/python"), folder.join("app/main.py"));
        Self { name: "boto3".into(), command: vec![python.into(), main.clone().into()], made: main }
    }

    fn binary(name: &str, path: PathBuf) -> Self {
        Self { name: name.to_owned(), command: vec![path.clone().into()], made: path }
    }

    /// The file of the program.
    pub(crate) fn path(&self) -> &Path {
        &self.made
    }

    /// The same, under valgrind's callgrind, which writes to `out`.
    pub(crate) fn under_callgrind(&self, out: &Path) -> Self {
        let mut to = OsString::from("--callgrind-out-file=");
        to.push(out);
        let mut command: Vec<OsString> = vec!["valgrind".into(), "--quiet".into(), "--tool=callgrind".into(), to];
        command.extend_from_slice(&self.command);
        Self { command, ..self.clone() }
    }

    pub(crate) fn is_there(&self) -> bool {
        self.made.is_file()
    }

    pub(crate) fn must_be_there(&self) -> Result<()> {
        ensure!(self.is_there(), "{} is missing; make it with `bash tests/bench/run`", self.made.display());
        Ok(())
    }
}
