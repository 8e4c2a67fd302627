//! Whom an action works as: CodePipeline assumes the pipeline's role for it, and with that the action's own where it has one.

use std::ops::Deref;

use super::{Context, PERMISSION_ERROR, denied, failed};
use crate::cloud::authority::{Refused, Role, Session};
use crate::cloud::client::REGION;
use crate::pipeline::action::{Failure, Roles};

/// CodePipeline's principal.
const CODEPIPELINE: &str = "codepipeline.amazonaws.com";

/// A context whose clients work as a role.
pub(super) struct Acting {
    context: Context,
    /// The role at work.
    pub(super) session: Session,
}

impl Deref for Acting {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl Context {
    /// For an execution of a pipeline, with the role that what runs there works as.
    pub(super) async fn acting_as(&self, pipeline: &str, execution: &str, roles: &Roles) -> Result<Acting, Failure> {
        let source = format!("arn:aws:codepipeline:{REGION}:{}:{pipeline}", self.account);
        let arn = &roles.pipeline;
        let role = Role { arn, service: CODEPIPELINE, source: &source, session: execution, policy: None };
        let session = match (self.authority.assume(&role).await, &roles.own) {
            (Ok(session), Some(own)) => session.assume(own).await,
            (session, _) => session,
        };
        let session = session.map_err(|refused| unassumed(pipeline, roles, &refused))?;
        Ok(self.with(session))
    }

    /// With a role whose session is at hand.
    pub(super) fn with(&self, session: Session) -> Acting {
        Acting { context: Self { sdk: session.sdk.clone(), ..self.clone() }, session }
    }
}

fn unassumed(pipeline: &str, Roles { pipeline: arn, own }: &Roles, refused: &Refused) -> Failure {
    let remedy = match own {
        None => format!("let the trust policy of {arn} allow {CODEPIPELINE} to assume it for this pipeline"),
        Some(own) => format!("let {CODEPIPELINE} assume {arn}, and {arn} assume {own}"),
    };
    failure(refused, |why| failed(PERMISSION_ERROR, format!("pipeline {pipeline} cannot work: {why}; {remedy}")))
}

/// What comes of a question that IAM did not answer with yes.
pub(super) fn refusal(refused: &Refused) -> Failure {
    failure(refused, |why| denied(why))
}

/// Of a question that IAM answered with no, what is said of that; of one that it did not answer, nothing about permissions.
pub(super) fn failure(refused: &Refused, of_denial: impl FnOnce(&str) -> Failure) -> Failure {
    match refused {
        Refused::Denied(why) => of_denial(why),
        Refused::Unreachable(_) => failed("SystemUnavailable", refused.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_ask_iam_is_told_nothing_of_permissions() {
        let roles = Roles { pipeline: "arn:p".to_owned(), own: None };
        let unreachable = Refused::Unreachable("nobody is there".to_owned());
        let denied = Refused::Denied("no".to_owned());
        for (failure, code) in [
            (refusal(&unreachable), "SystemUnavailable"),
            (unassumed("p", &roles, &unreachable), "SystemUnavailable"),
            (refusal(&denied), PERMISSION_ERROR),
            (unassumed("p", &roles, &denied), PERMISSION_ERROR),
        ] {
            assert_eq!(failure.code, code, "{}", failure.message);
            let says = if code == PERMISSION_ERROR { "no; " } else { "iam cannot be asked: nobody is there" };
            assert!(failure.message.contains(says), "{}", failure.message);
        }
    }
}
