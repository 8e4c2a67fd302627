//! The gates of a pipeline, as its definition has them.

use std::collections::BTreeSet;

use aws_sdk_codepipeline::types::{ActionCategory, ActionDeclaration, PipelineDeclaration, StageDeclaration};
use serde_json::Value;

/// An action that asks the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gate {
    /// The stage that it lets nobody pass.
    pub(super) stage: String,
    /// Its own name there.
    pub(super) action: String,
    /// Below it are the parameters by which its rules are set aside.
    pub(super) overrides: String,
    /// The rules that it goes by.
    pub(super) rules: BTreeSet<String>,
}

/// Every gate whose rules can be set aside, in the order of the pipeline.
pub(super) fn gates(pipeline: &PipelineDeclaration) -> Vec<Gate> {
    let actions = pipeline.stages().iter().flat_map(|stage| stage.actions().iter().map(|one| (stage.name(), one)));
    actions.filter_map(|(stage, action)| gate(stage, action)).collect()
}

/// The actions of a stage that ask somebody.
pub(super) fn approvals(stage: &StageDeclaration) -> impl Iterator<Item = &str> {
    let asks = |action: &&ActionDeclaration| {
        action.action_type_id().is_some_and(|id| *id.category() == ActionCategory::Approval)
    };
    stage.actions().iter().filter(asks).map(ActionDeclaration::name)
}

fn gate(stage: &str, action: &ActionDeclaration) -> Option<Gate> {
    let configuration = action.configuration()?;
    configuration.get("FunctionName").filter(|name| name.ends_with("-flowgate-gate"))?;
    let parameters: Value = serde_json::from_str(configuration.get("UserParameters")?).ok()?;
    Some(Gate {
        stage: stage.to_owned(),
        action: action.name().to_owned(),
        overrides: parameters.get("overrides")?.as_str()?.trim_end_matches('/').to_owned(),
        rules: parameters.get("rules")?.as_object()?.keys().cloned().collect(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_codepipeline::types::{ActionCategory, ActionOwner, ActionTypeId, StageDeclaration};

    use super::*;

    fn action(function: &str, parameters: &str) -> ActionDeclaration {
        let id = ActionTypeId::builder().category(ActionCategory::Invoke).owner(ActionOwner::Aws).provider("Lambda");
        let action = ActionDeclaration::builder().name("Gate").action_type_id(id.version("1").build().unwrap());
        let action = action.configuration("FunctionName", function).configuration("UserParameters", parameters);
        action.build().unwrap()
    }

    #[test]
    fn a_gate_says_where_its_rules_are_set_aside_and_which_it_has() {
        let parameters = r##"{"execution": "#{codepipeline.PipelineExecutionId}", "rules": {"no_drift": {}, "digest": {}},
            "overrides": "/flowgate/shop/overrides"}"##;
        let stage = |name: &str, action| StageDeclaration::builder().name(name).actions(action).build().unwrap();
        let pipeline = PipelineDeclaration::builder().name("shop").version(1).role_arn("r");
        let pipeline = pipeline.stages(stage("Beta", action("shop-flowgate-start-tests", parameters)));
        let pipeline = pipeline.stages(stage("Old", action("shop-flowgate-gate", r#"{"rules": {"approved": {}}}"#)));
        let pipeline = pipeline.stages(stage("Broken", action("shop-flowgate-gate", "beta")));
        let pipeline = pipeline.stages(stage("Prod", action("shop-flowgate-gate", parameters))).build().unwrap();
        let rules = ["digest", "no_drift"].map(str::to_owned).into();
        let [stage, action, overrides] = ["Prod", "Gate", "/flowgate/shop/overrides"].map(str::to_owned);
        let expected = Gate { stage, action, overrides, rules };
        assert_eq!(gates(&pipeline), [expected]);
    }
}
