//! From a build to the artifact store.

use super::error::Error as BuildError;
use super::{Built, Error};
use crate::actions::{Context, Observer, store};
use crate::buildspec::Files;
use crate::pipeline::action::{Artifact, Request};

/// Uploads every output artifact of the action.
pub(super) async fn upload(
    context: &Context,
    request: &Request,
    built: &Built,
    observer: &dyn Observer,
) -> Result<(), Error> {
    observer.line("Entering phase UPLOAD_ARTIFACTS");
    let uploaded = upload_all(context, request, built, observer).await;
    let state = if uploaded.is_ok() { "SUCCEEDED" } else { "FAILED" };
    observer.line(&format!("Phase complete: UPLOAD_ARTIFACTS State: {state}"));
    if let Err(error) = &uploaded {
        observer.line(&format!("Phase context status code: CLIENT_ERROR Message: {error}"));
    }
    uploaded
}

async fn upload_all(context: &Context, request: &Request, built: &Built, observer: &dyn Observer) -> Result<(), Error> {
    for artifact in &request.outputs {
        let files = files_of(built, artifact, request.outputs.len());
        let files = files.ok_or_else(|| Error::NoArtifact(artifact.name.clone()))?;
        let masked = |text: &str| built.masked(text);
        let failed = |source| Error::Build(Box::new(BuildError::artifact(&artifact.name, &source, masked)));
        let packed = built.pack(files).map_err(failed)?;
        for pattern in &packed.unmatched {
            observer.line(&format!("Skipping invalid file path {}", built.masked(pattern)));
        }
        observer.line(&format!("Uploading artifact {}: {} files", artifact.name, packed.files));
        store::put(context, artifact, packed.zip).await?;
    }
    Ok(())
}

/// A single output is the primary artifact; several are the secondary artifacts of the same names.
fn files_of<'a>(built: &'a Built, artifact: &Artifact, outputs: usize) -> Option<&'a Files> {
    let secondary = built.spec.secondary_artifacts.get(&artifact.name);
    if outputs == 1 { built.spec.artifacts.as_ref().or(secondary) } else { secondary }
}
