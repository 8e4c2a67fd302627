//! What people do by hand, at any time.

use pipeline_core::{ports::Parameter, sweep::stack::StackStatus};

use crate::{
    cloud::{Cloud, DEPLOY_ROLE, OTHER_ROLE, SERVICE},
    rng::Rng,
};

/// An edit by hand, of one of the previews or of what they depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit {
    Protect,
    ForgetProtection,
    Unprotect,
    ChangeTag,
    ChangeService,
    RestoreTag,
    Update,
    Delete,
    Create,
    Import,
    StopImports,
    FillBucket,
    ChangeRole,
    OwnDeployRole,
    OddStatus,
    Nest,
    Stop,
    Allow,
    ForgetDeleted,
    LoseOwner,
}

impl Edit {
    /// All of them; those that make a stack deletable again more than once.
    pub(crate) const ALL: [Self; 25] = [
        Self::Protect,
        Self::ForgetProtection,
        Self::Unprotect,
        Self::Unprotect,
        Self::ChangeTag,
        Self::ChangeService,
        Self::RestoreTag,
        Self::RestoreTag,
        Self::Update,
        Self::Update,
        Self::Delete,
        Self::Create,
        Self::Import,
        Self::Import,
        Self::StopImports,
        Self::FillBucket,
        Self::ChangeRole,
        Self::OwnDeployRole,
        Self::OddStatus,
        Self::Nest,
        Self::Stop,
        Self::Allow,
        Self::Allow,
        Self::ForgetDeleted,
        Self::LoseOwner,
    ];
}

/// Tags that are almost the one that permits a deletion.
const NEAR_TAGS: [&str; 5] = ["TRUE", "True", "true ", "1", ""];

impl Cloud {
    /// Does `edit` to a live preview, if there is one.
    pub(crate) fn edit(&mut self, edit: Edit, names: &[String], now: i64, rng: &mut Rng) {
        match edit {
            Edit::Stop => {
                let others = [Some(Parameter::Plain("stopped".to_owned())), Some(Parameter::Secret), None];
                self.switch = rng.pick(&others).clone();
            }
            Edit::Allow => self.switch = Some(Parameter::Plain("allowed".to_owned())),
            Edit::StopImports => self.imports.clear(),
            Edit::Create => self.create_by_hand(names, now, rng),
            Edit::ForgetDeleted => {
                self.stacks.iter_mut().filter(|stack| !stack.is_live()).for_each(|stack| stack.forgotten = true);
            }
            edit => {
                let live = |index: &usize| {
                    self.stacks[*index].is_live() && names.contains(&self.stacks[*index].name.to_string())
                };
                let previews: Vec<usize> = (0..self.stacks.len()).filter(live).collect();
                if !previews.is_empty() {
                    let index = *rng.pick(&previews);
                    self.edit_stack(edit, index, now, rng);
                }
            }
        }
    }

    /// By somebody who copied the tags of a preview, or did not.
    fn create_by_hand(&mut self, names: &[String], now: i64, rng: &mut Rng) {
        let name = rng.pick(names).clone();
        if self.stacks.iter().any(|stack| stack.name.as_str() == name && stack.is_live()) {
            return;
        }
        let index = self.create(&name, "7", now);
        if rng.chance(300) {
            self.stacks[index].facts.tags.clear();
        }
        if rng.chance(300) {
            self.stacks[index].facts.tags.remove("flowgate:token");
        }
        self.go_on(index, now, rng);
    }

    fn edit_stack(&mut self, edit: Edit, index: usize, now: i64, rng: &mut Rng) {
        let name = self.stacks[index].name.to_string();
        let busy = self.stacks[index].is_busy();
        let updatable = self.stacks[index].is_updatable();
        let facts = &mut self.stacks[index].facts;
        match edit {
            Edit::Protect => facts.protected = Some(true),
            Edit::ForgetProtection => facts.protected = None,
            Edit::Unprotect => facts.protected = Some(false),
            Edit::ChangeTag => {
                facts.tags.insert("flowgate:ephemeral".to_owned(), (*rng.pick(&NEAR_TAGS)).to_owned());
            }
            Edit::ChangeService => {
                facts.tags.insert("flowgate:service".to_owned(), "other".to_owned());
            }
            Edit::RestoreTag => {
                facts.tags.insert("flowgate:service".to_owned(), SERVICE.to_owned());
                facts.tags.insert("flowgate:ephemeral".to_owned(), "true".to_owned());
                facts.role = Some(DEPLOY_ROLE.to_owned());
                self.stacks[index].owns_deploy_role = false;
            }
            Edit::ChangeRole => facts.role.clone_from(rng.pick(&[Some(OTHER_ROLE.to_owned()), None])),
            Edit::Nest => {
                facts.parent = Some("arn:aws:cloudformation:eu-west-1:111122223333:stack/svc-prod/1".to_owned());
            }
            Edit::OwnDeployRole => self.stacks[index].owns_deploy_role = true,
            Edit::OddStatus if updatable => {
                let odd = ["REVIEW_IN_PROGRESS", "IMPORT_COMPLETE", "FROBNICATED", "CREATE_COMPLETE"];
                facts.status = StackStatus((*rng.pick(&odd)).to_owned());
            }
            Edit::Update if updatable => {
                self.update(index, now);
                self.go_on(index, now, rng);
            }
            Edit::Delete if !busy => self.begin_deletion(index, now, rng),
            Edit::Import => {
                let exports = self.stacks[index].facts.exports.clone();
                for export in exports {
                    self.imports.entry(export).or_default().push("svc-prod".to_owned());
                }
            }
            Edit::FillBucket => {
                if let Some(bucket) = &mut self.stacks[index].bucket {
                    bucket.objects += 2;
                }
            }
            // A bucket of this name that another stack owns.
            Edit::LoseOwner => {
                if let Some(bucket) = &mut self.stacks[index].bucket {
                    let other = format!("arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/1");
                    bucket.owner.clone_from(rng.pick(&[None, Some(other)]));
                }
            }
            _ => {}
        }
    }
}
