//! Comments on a pull request. To GitHub they are those of the issue that each pull request also is.

use pipeline_core::{
    ports::PortError,
    record::{say::is_marked, speak::CommentId},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    github::{GitHub, call::Call, preview::named},
    host::shortened,
};

/// The longest comment that GitHub takes, in characters.
const LONGEST: usize = 65_536;

/// So few are read at once that a page of the longest is not larger than what is read of an answer: else whoever wrote them
/// would keep us from finding ours.
const EACH: usize = 10;

/// So many pages are read. GitHub takes no more than 2,500 comments.
const PAGES: usize = 300;

/// The permission of a token that may write one. For one, Issues would do, too.
const NEEDS: &str = "Pull requests: write";

/// A comment.
#[derive(Debug, Deserialize)]
struct Comment {
    id: u64,
    user: Option<Account>,
    body: Option<String>,
}

/// An account, by what never changes of it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Account {
    id: u64,
    #[serde(rename = "type")]
    kind: String,
}

/// A comment that was written.
#[derive(Debug, Deserialize)]
struct Written {
    id: u64,
}

/// Whom a token stands for.
enum We {
    Account(Account),
    App,
}

impl GitHub {
    /// The first of our comments that has this mark.
    ///
    /// Who may write to a repository may edit what anybody wrote there. So that nobody who copies our mark has us edit their
    /// comment in place of ours, GitHub is asked who we are; and only if there is a comment with the mark.
    pub(crate) async fn marked(
        &self,
        repository: &str,
        number: u64,
        mark: &str,
    ) -> Result<Option<CommentId>, PortError> {
        let what = format!("the comments on {}", named(repository, number));
        let path = format!("issues/{number}/comments?per_page={EACH}");
        let mut marked = vec![];
        let is_marked = |comment: &Comment| comment.body.as_ref().is_some_and(|body| is_marked(body, mark));
        let see = |page: Vec<Comment>| {
            marked.extend(page.into_iter().filter(is_marked).map(|comment| (comment.id, comment.user)));
        };
        self.0.each(repository, &path, &what, PAGES, see).await?;
        if marked.is_empty() {
            return Ok(None);
        }
        let we = self.we().await?;
        let ours = marked.into_iter().find(|(_, by)| we.are(by.as_ref()));
        Ok(ours.map(|(id, _)| CommentId(id.to_string())))
    }

    async fn we(&self) -> Result<We, PortError> {
        let url = self.0.api().user();
        match self.0.ask(&Call::read(&url, "whose the token is on GitHub")).await {
            Ok(account) => Ok(We::Account(account)),
            // An app's token is no account's.
            Err(PortError::Denied { .. }) => Ok(We::App),
            Err(error) => Err(error),
        }
    }

    /// Writes a comment. GitHub does not tell that it is the same again: who does not hear the answer looks for its mark.
    pub(crate) async fn comment(&self, repository: &str, number: u64, text: &str) -> Result<CommentId, PortError> {
        let url = self.0.api().url(repository, &format!("issues/{number}/comments"))?;
        let what = named(repository, number);
        let written: Written = self.0.ask(&call(("POST", 201, "comment on"), &url, &what, text)).await?;
        Ok(CommentId(written.id.to_string()))
    }

    /// Writes a comment anew.
    pub(crate) async fn edit(
        &self,
        repository: &str,
        number: u64,
        comment: &CommentId,
        text: &str,
    ) -> Result<(), PortError> {
        let what = format!("comment {} on {}", comment.0, named(repository, number));
        // Another host's, from before the service came here.
        let id: u64 = comment.0.parse().map_err(|_| PortError::NotFound { what: what.clone() })?;
        let url = self.0.api().url(repository, &format!("issues/comments/{id}"))?;
        let call = call(("PATCH", 200, "edit"), &url, &what, text);
        match self.0.tell(&call).await {
            Err(error @ PortError::NotFound { .. }) => Err(self.lost(repository, &call, error).await),
            done => done,
        }
    }

    /// That what was to be written anew is not there. Of a repository that the token may not see for now, GitHub says so of
    /// all that is in it: to believe that would be to write no comments any more.
    async fn lost(&self, repository: &str, call: &Call<'_>, lost: PortError) -> PortError {
        match self.see(repository).await {
            Ok(()) => lost,
            Err(error @ PortError::NotFound { .. }) => call.failed(error.to_string()),
            Err(error) => error,
        }
    }
}

impl We {
    /// Whether a comment is ours. Which app we are, GitHub does not say; but no person is one.
    fn are(&self, author: Option<&Account>) -> bool {
        match self {
            Self::Account(we) => author.is_some_and(|author| author.id == we.id),
            Self::App => author.is_some_and(|author| author.kind == "Bot"),
        }
    }
}

fn call<'a>(
    (method, expected, verb): (&'static str, u16, &'static str),
    url: &'a str,
    what: &'a str,
    text: &'a str,
) -> Call<'a> {
    let body = json!({"body": shortened(text, LONGEST)}).to_string();
    Call { method, url, body: Some(body), expected, verb, what, needs: Some(NEEDS), text }
}
