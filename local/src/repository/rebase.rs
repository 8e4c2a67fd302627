//! Commits made anew on top of a branch, without a work tree.

use super::Error;
use super::commit::Commit;
use super::git::Signed;
use super::held::Held;
use super::merge::merged_tree;

impl Held {
    /// Makes the commits that `from` has and the branch has not anew on top of the branch, and gives its new head; none where
    /// they do not fit there by themselves. Whoever wrote them stays, and commits that join others are left out.
    ///
    /// # Errors
    /// When there is no such branch, or git fails.
    pub async fn rebase(&self, from: &str, into: &str, committer: (&str, &str)) -> Result<Option<String>, Error> {
        let head = self.head(into).await?;
        if self.merge_base(&head.id, from).await?.is_none() {
            return Ok(None);
        }
        let (mut tip, mut tree) = (head.id.clone(), head.tree);
        for commit in self.commits(&head.id, from).await?.into_iter().filter(|commit| commit.parents.len() < 2) {
            let Some(replayed) = self.replayed(&commit, &tip).await? else { return Ok(None) };
            // What is there already is not made again.
            if replayed != tree {
                tip = self.made_anew(&commit, &replayed, &tip, committer).await?;
                tree = replayed;
            }
        }
        self.advance(into, &head.id, &tip).await?;
        Ok(Some(tip))
    }

    async fn replayed(&self, commit: &Commit, onto: &str) -> Result<Option<String>, Error> {
        let Some(parent) = commit.parents.first() else { return Ok(None) };
        merged_tree(&self.git, &[&format!("--merge-base={parent}"), onto, &commit.id]).await
    }

    async fn made_anew(
        &self,
        commit: &Commit,
        tree: &str,
        onto: &str,
        committer: (&str, &str),
    ) -> Result<String, Error> {
        let author = &commit.author;
        let written = format!("{} {}", author.date.as_second(), author.offset);
        let signed = Signed { author: (&author.name, &author.email), written: Some(&written), committer };
        Ok(self.git.commit_tree(tree, &[onto], &commit.message, signed).await?)
    }
}
