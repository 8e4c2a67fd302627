//! What a program is made of: its size as a package, and its symbols.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use object::{File, Object as _, ObjectSymbol as _};
use zip::{ZipWriter, write::SimpleFileOptions};

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The size of the zip that `aws cloudformation package` would upload.
pub(crate) fn zipped(path: &Path) -> Result<u64> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755))?;
    zip.write_all(&read(path)?)?;
    Ok(zip.finish()?.into_inner().len() as u64)
}

/// The names of all symbols. A program without any was stripped, and would prove nothing.
pub(crate) fn symbols(path: &Path) -> Result<Vec<String>> {
    let bytes = read(path)?;
    let parsed = File::parse(&*bytes).with_context(|| format!("{} is not a program", path.display()))?;
    let names: Vec<String> = parsed.symbols().filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect();
    ensure!(names.iter().any(|name| name == "main"), "{} has been stripped of its symbols", path.display());
    Ok(names)
}
