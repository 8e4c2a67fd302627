//! Which branch a folder's changes go to.

use super::PrError;
use crate::cli::client::ClientError;
use crate::cli::service::Service;
use crate::cli::source;

/// The branch that was named, else one of our own: what a developer has checked out is theirs to push.
pub(super) async fn of(service: &Service, named: Option<&str>, released: &str) -> Result<String, ClientError> {
    let branch = choose(&service.name, named, released)?;
    if source::is_branch(&branch).await? { Ok(branch) } else { Err(PrError::NoBranchName(branch).into()) }
}

fn choose(service: &str, named: Option<&str>, released: &str) -> Result<String, PrError> {
    let branch = named.map_or_else(|| format!("flowgate/preview/{service}"), str::to_owned);
    if branch == released { Err(PrError::Released(branch)) } else { Ok(branch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_released_is_never_pushed_to() {
        let choose = |named| choose("shop", named, "main");
        assert_eq!(choose(Some("main")), Err(PrError::Released("main".into())));
        assert_eq!(choose(Some("feature/b")), Ok("feature/b".into()));
        assert_eq!(choose(None), Ok("flowgate/preview/shop".into()));
    }
}
