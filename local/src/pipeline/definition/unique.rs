//! What may be called so only once in the pipeline.

use std::collections::BTreeMap;

use super::error::{DefinitionError, ErrorKind, Place};
use super::{Pipeline, order};

/// What an action gives a name to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Artifact,
    Namespace,
}

/// Output artifacts and namespaces are each unique, and no namespace is called like an artifact.
pub(super) fn check(pipeline: &Pipeline) -> Result<(), DefinitionError> {
    let mut seen: BTreeMap<&str, (Named, Place)> = BTreeMap::new();
    for (place, action) in order::actions(pipeline) {
        let artifacts = action.outputs.iter().map(|name| (name.as_str(), Named::Artifact));
        let namespace = action.namespace.iter().map(|name| (name.as_str(), Named::Namespace));
        for (name, named) in artifacts.chain(namespace) {
            if let Some((other, first)) = seen.insert(name, (named, place.clone())) {
                let place = place.field(named.field());
                return Err(place.error(ErrorKind::Action, again(name, named, other, &first)));
            }
        }
    }
    Ok(())
}

fn again(name: &str, named: Named, other: Named, first: &Place) -> String {
    let first = order::of_action(first);
    if other == named {
        return format!("{name:?} is {} two actions, the first is {first}; rename one", named.by());
    }
    format!("{name:?} names an artifact and a namespace, the other of {first}; rename one")
}

impl Named {
    fn field(self) -> &'static str {
        match self {
            Self::Artifact => "outputArtifacts",
            Self::Namespace => "namespace",
        }
    }

    fn by(self) -> &'static str {
        match self {
            Self::Artifact => "written by",
            Self::Namespace => "used by",
        }
    }
}
