//! Measures a build.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    digest::{InvalidTemplate, Measured, Object, ReadBuild, ReadPackages, Reference, references, references_of_any},
    ids::Digest,
    job::Artifact,
    ports::PortError,
};

/// The most references that one build may make, nested templates included: far more than CloudFormation's 500 resources
/// of a template use, and an end to templates that name ever new ones.
const MOST: usize = 2000;

/// The digest of the build that `artifact` holds, from what is in S3 now.
pub async fn measure(
    builds: &impl ReadBuild,
    packages: &impl ReadPackages,
    artifact: &Artifact,
) -> Result<Digest, PortError> {
    let unusable = |why: String| PortError::Unusable { what: format!("artifact {}", artifact.name), why };
    let build = builds.build(artifact).await?;
    let mut pending = vec![];
    for (path, text) in &build.files {
        pending.extend(references_of_any(text).map_err(|error| unusable(format!("{path}: {error}")))?);
    }
    let mut measured = BTreeMap::new();
    while let Some(reference) = pending.pop() {
        if measured.contains_key(&reference) {
            continue;
        }
        if measured.len() == MOST {
            return Err(unusable(format!("its templates name more than {MOST} objects")));
        }
        let (found, nested) = follow(packages, &reference).await.map_err(|error| match error {
            PortError::NotFound { .. } => {
                unusable(format!("its templates name {}, which does not exist", reference.object()))
            }
            other => other,
        })?;
        pending.extend(nested);
        measured.insert(reference, found);
    }
    Ok(digest(&build.sha256, &measured))
}

async fn follow(packages: &impl ReadPackages, reference: &Reference) -> Result<(Measured, Vec<Reference>), PortError> {
    match reference {
        Reference::Package(object) => Ok((packages.measure(object).await?, vec![])),
        Reference::Template(object) => {
            let (found, text) = packages.template(object).await?;
            let unusable =
                |error: InvalidTemplate| PortError::Unusable { what: object.to_string(), why: error.to_string() };
            Ok((found, references(&text).map_err(unusable)?))
        }
    }
}

#[derive(Serialize)]
struct Canonical<'a> {
    artifact: &'a Digest,
    objects: BTreeSet<(&'a Object, &'a Measured)>,
}

/// SHA-256 of the canonical list: JSON, whose quoting keeps neighbours apart, and sorted.
fn digest(artifact: &Digest, measured: &BTreeMap<Reference, Measured>) -> Digest {
    let objects = measured.iter().map(|(reference, found)| (reference.object(), found)).collect();
    let list = serde_json::to_vec(&Canonical { artifact, objects }).expect("strings have a JSON form");
    Digest::of(&list)
}
