//! Which branch a folder's changes go to.

use super::PrError;
use crate::cli::client::ClientError;
use crate::cli::service::Service;
use crate::cli::source;

/// The branch that was named; else the one that is checked out, unless that is released; else one that is named after the
/// service.
pub(super) async fn of(service: &Service, named: Option<&str>, released: &str) -> Result<String, ClientError> {
    let checked_out = source::checked_out(&service.folder).await;
    let branch = choose(&service.name, named, checked_out.as_deref(), released)?;
    if source::is_branch(&branch).await? { Ok(branch) } else { Err(PrError::NoBranchName(branch).into()) }
}

fn choose(service: &str, named: Option<&str>, checked_out: Option<&str>, released: &str) -> Result<String, PrError> {
    match named {
        Some(named) if named == released => Err(PrError::Released(named.to_owned())),
        Some(named) => Ok(named.to_owned()),
        None => {
            let other = checked_out.filter(|branch| *branch != released);
            Ok(other.map_or_else(|| format!("preview/{service}"), str::to_owned))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_released_is_never_pushed_to() {
        let choose = |named, checked_out| choose("shop", named, checked_out, "main");
        assert_eq!(choose(Some("main"), Some("feature/a")), Err(PrError::Released("main".into())));
        assert_eq!(choose(Some("feature/b"), Some("feature/a")), Ok("feature/b".into()));
        assert_eq!(choose(None, Some("feature/a")), Ok("feature/a".into()));
        assert_eq!(choose(None, Some("main")), Ok("preview/shop".into()));
        assert_eq!(choose(None, None), Ok("preview/shop".into()));
    }
}
