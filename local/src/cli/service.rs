//! The service that a run is given, checked before anything starts.

use std::path::{Path, PathBuf};

/// The files that a service must have.
const FILES: [&str; 3] = ["app-sam.yaml", "test-sam.yaml", "buildspec.yml"];

/// CloudFormation cuts the names that it makes to 64 characters. Of a service's name and the stage after it, 25 are sure
/// to stay, and by those the deploy roles of `template.yaml` know what they may change.
const LONGEST: usize = 19;

/// A service with such a word has stacks that look like another service's, or like its previews.
const TAKEN: [&str; 8] = ["pr", "dev", "pool", "tests", "beta", "gamma", "prod", "flowgate"];

/// A folder that looks like a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// The name of its pipeline and stacks.
    pub(super) name: String,
    /// Where it is.
    pub(super) folder: PathBuf,
}

/// Why a folder is no service.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAService {
    #[error("{} is not a folder; give the folder of a service", .0.display())]
    NoFolder(PathBuf),
    #[error("{} has no {file}; a service needs {}", folder.display(), FILES.join(", "))]
    NoFile { folder: PathBuf, file: &'static str },
    #[error(
        "{name:?} cannot name a service: begin with a letter, then a-z, 0-9 and single - or _, {LONGEST} characters at \
         most, and no word after the first may be {}; rename the folder",
        TAKEN.join(", ")
    )]
    Name { name: String },
}

impl Service {
    /// Checks a folder. A bare repository is taken as it is: what is in it shows once it is fetched.
    pub(super) fn find(folder: &Path) -> Result<Self, NotAService> {
        let folder = folder.canonicalize().map_err(|_| NotAService::NoFolder(folder.to_owned()))?;
        let is_bare = folder.join("HEAD").is_file() && folder.join("objects").is_dir();
        let missing = FILES.into_iter().find(|file| !folder.join(file).is_file());
        match missing {
            Some(file) if !is_bare => Err(NotAService::NoFile { folder, file }),
            _ => Ok(Self { name: name(&folder)?, folder }),
        }
    }

    /// Where its repository and builds are kept, below the state directory: apart from a namesake elsewhere.
    pub(super) fn state(&self, state: &Path) -> PathBuf {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::digest(self.folder.as_os_str().as_encoded_bytes());
        let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        state.join("services").join(format!("{}-{short}", self.name))
    }
}

/// The folder's name, as a service's: `time_service` is `time-service`.
fn name(folder: &Path) -> Result<String, NotAService> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".git").unwrap_or(&name).to_lowercase().replace('_', "-");
    if is_name(&name) { Ok(name) } else { Err(NotAService::Name { name }) }
}

fn is_name(name: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split('-').all(is_word)
        && !name.split('-').skip(1).any(|word| TAKEN.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(folder: &str, files: &[&str]) -> Result<Service, NotAService> {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        for file in files {
            std::fs::write(folder.join(file), "").unwrap();
        }
        Service::find(&folder)
    }

    #[test]
    fn a_folder_with_the_three_files_is_a_service_named_after_it() {
        assert_eq!(service("time_service", &FILES).unwrap().name, "time-service");
    }

    #[test]
    fn what_is_missing_is_named() {
        let message = service("time_service", &["test-sam.yaml", "buildspec.yml"]).unwrap_err().to_string();
        assert!(message.contains("has no app-sam.yaml"), "{message}");
        let message = Service::find(Path::new("nowhere")).unwrap_err().to_string();
        assert!(message.contains("nowhere is not a folder"), "{message}");
    }

    #[test]
    fn names_that_could_be_taken_for_a_preview_or_for_anothers_stage_are_refused() {
        for folder in ["shop-pr-x", "a_dev_b", "shop_dev", "shop-beta", "shop_prod_x", "shop-flowgate", "x-tests"] {
            let message = service(folder, &FILES).unwrap_err().to_string();
            assert!(message.contains("no word after the first may be pr, dev, pool, tests, beta"), "{message}");
        }
        for folder in ["beta", "prod_tools", "shop_product"] {
            assert!(service(folder, &FILES).is_ok(), "{folder}");
        }
    }

    #[test]
    fn names_that_cannot_be_a_stacks_are_refused() {
        for folder in ["x__y", "1st", "naïve", "a b", "a2345678901234567890"] {
            assert!(matches!(service(folder, &FILES), Err(NotAService::Name { .. })), "{folder}");
        }
        assert!(service("a234567890123456789", &FILES).is_ok());
    }
}
