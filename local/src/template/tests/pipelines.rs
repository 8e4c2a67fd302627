//! What is said of pipelines.

use super::*;

fn only(text: &str) -> CheckedPipeline {
    said(text).unwrap().pipelines.remove(0)
}

#[test]
fn a_pipeline_that_would_run_is_told_with_what_starts_it() {
    let checked = only(VALID);
    assert_eq!(checked.problems, []);
    assert_eq!((checked.pipeline.as_str(), checked.stages, checked.actions), ("shop-release", 2, 3));
    assert_eq!(checked.starts, ["repository ada/shop, branch main"]);
    assert_eq!(checked.open, ["parameter Connection"]);
}

#[test]
fn parameters_choose_what_is_there() {
    let given = BTreeMap::from([("Branch".to_owned(), "next".to_owned())]);
    let checked = check(VALID, &given, "shop").unwrap().pipelines.remove(0);
    assert_eq!((checked.actions, checked.starts), (2, vec!["repository ada/shop, branch next".to_owned()]));
    let other = BTreeMap::from([("Brunch".to_owned(), String::new())]);
    let error = check(VALID, &other, "shop").unwrap_err().to_string();
    assert_eq!(error, "has no parameter Brunch; it has Branch, Connection");
    let allowed = with("Default: main", "Default: main, AllowedValues: [main, 7]");
    let checked = check(&allowed, &given, "shop").unwrap();
    let expected = "field \"Parameters.Branch\": \"next\" is not allowed; use one of main, 7";
    assert_eq!(checked.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn defaults_are_among_the_allowed_values() {
    let parameter = |declared: &str| problems(&with("{Type: String, Default: main}", &format!("{{{declared}}}")));
    assert_eq!(parameter("Type: String, Default: main, AllowedValues: [main]"), [""; 0]);
    let refusal = "field \"Parameters.Branch\": \"main\" is not allowed; use one of next, 7";
    assert_eq!(parameter("Type: String, Default: main, AllowedValues: [next, 7]"), [refusal]);
    let lists =
        |default: &str| parameter(&format!("Type: CommaDelimitedList, Default: '{default}', AllowedValues: [a, b]"));
    assert!(!lists("a, b").iter().any(|problem| problem.contains("is not allowed")), "{:?}", lists("a, b"));
    assert!(lists("a, c")[0].contains("\"c\" is not allowed; use one of a, b"), "{:?}", lists("a, c"));
}

#[test]
fn every_problem_of_every_action_is_told() {
    let text =
        with("ProjectName: !Ref Project", "ProjectName: my project, Colour: red").replace("RunOrder: 2", "RunOrder: 0");
    let text = text.replace("BranchName: !Ref Branch", "Branch: !Ref Branch");
    let found = problems(&text);
    let expected = [
        "stage \"Source\", action \"Fetch\", field \"configuration.BranchName\": is missing",
        "stage \"Build\", action \"Build\", field \"configuration.Colour\": is unknown",
        "stage \"Build\", action \"Approve\", field \"runOrder\": is 0",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    assert!(found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected)), "{found:?}");
}

#[test]
fn every_action_that_nobody_runs_is_named() {
    let text = with("Provider: CodeBuild", "Provider: Jenkins").replace("Provider: Manual", "Provider: Email");
    let found = problems(&text);
    assert_eq!(found.len(), 2, "{found:?}");
    let place =
        "stage \"Build\", action \"Build\", field \"actionTypeId\": Build/AWS/Jenkins version 1 cannot run here";
    assert_eq!(found[0], place);
    assert!(found[1].contains("action \"Approve\", field \"actionTypeId\": Approval/AWS/Email"), "{found:?}");
    let notes = only(&text).notes;
    assert!(notes[0].starts_with("these actions run here: Source/AWS/CodeCommit, "), "{notes:?}");
}

#[test]
fn a_path_that_nobody_knows_leads_into_what_the_action_reads() {
    let deploy = "
        - Name: Deploy
          Actions:
            - Name: Deploy
              ActionTypeId: {Category: Deploy, Owner: AWS, Provider: CloudFormation, Version: 1}
              Configuration:
                ActionMode: CREATE_UPDATE
                StackName: shop
                RoleArn: !ImportValue DeployRole
                TemplatePath: !ImportValue Path
                TemplateConfiguration: !ImportValue Settings
              InputArtifacts: [{Name: Package}]
";
    let checked = only(&format!("{VALID}{deploy}"));
    assert_eq!((checked.problems, checked.stages), (vec![], 3));
    assert_eq!(checked.open[..3], ["import DeployRole", "import Path", "import Settings"]);
}

#[test]
fn what_the_definition_refuses_is_told_with_its_place() {
    let found = problems(&with("InputArtifacts: [{Name: Code}]", "InputArtifacts: [{Name: Cod}]"));
    let expected =
        "stage \"Build\", action \"Build\", field \"inputArtifacts\": \"Cod\" is not an output of an earlier action";
    assert_eq!(found, [expected]);
    assert!(problems(&with("RoleArn: !GetAtt Role.Arn", "Tags: []"))[0].contains("missing field `roleArn`"));
    assert!(!problems(&with("Properties:\n      Name: !Sub ${AWS::StackName}-release", "Other:")).is_empty());
}

#[test]
fn the_apis_spelling_is_not_cloudformations() {
    let found = problems(&with("OutputArtifacts: [{Name: Code}]", "OutputArtifacts: [{name: Code}]"));
    let place = "field \"Resources.Pipeline.Properties.Stages[0].Actions[0].OutputArtifacts[0].name\"";
    assert_eq!(found, [format!("{place}: is no property of a pipeline; begin it with a capital")]);
}

#[test]
fn a_reference_to_nothing_is_a_problem_unless_a_transform_may_make_it() {
    let text = with("!Ref Artifacts", "!Ref Artefacts");
    let place = "field \"Resources.Pipeline.Properties.ArtifactStore.Location\": \"Artefacts\" is neither";
    assert!(problems(&text)[0].starts_with(place), "{:?}", problems(&text));
    let text = format!("Transform: AWS::Serverless-2016-10-31\n{text}");
    assert_eq!(problems(&text), [""; 0]);
    let each = "  Fn::ForEach::Topics: [Name, [a, b], {'Topic${Name}': {Type: AWS::SNS::Topic}}]\n";
    let checked =
        said(&format!("Transform: AWS::LanguageExtensions\n{}{each}", with("!Ref Artifacts", "!Ref Topica"))).unwrap();
    assert_eq!(checked.notes, ["Resources.Fn::ForEach::Topics is not expanded here"]);
    assert!(checked.runs(), "{checked:?}");
    let checked = said(&format!("Transform: [Mine]\n{VALID}")).unwrap();
    assert_eq!(checked.notes, ["macro Mine does not run here; what it changes is not seen"]);
}

#[test]
fn a_pipeline_whose_condition_does_not_hold_is_not_made() {
    let text = with("  Pipeline:\n    Type", "  Pipeline:\n    Condition: OnMain\n    Type");
    assert!(said(&text).unwrap().runs());
    let given = BTreeMap::from([("Branch".to_owned(), "next".to_owned())]);
    let error = check(&text, &given, "shop").unwrap_err().to_string();
    assert_eq!(error, "has no AWS::CodePipeline::Pipeline whose condition holds; change it with --parameter");
}

#[test]
fn rules_webhooks_and_triggers_are_told() {
    let rules = "
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: a, Arn: !Sub 'arn:aws:codepipeline:${AWS::Region}:${AWS::AccountId}:${Pipeline}'}]
  Hook: {Type: AWS::CodePipeline::Webhook, Properties: {TargetPipeline: !Ref Pipeline}}
  Other: {Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: 'arn:aws:codepipeline:us-east-1:000000000000:x'}]}}
";
    let started = [
        "repository ada/shop, branch main",
        "events rule Nightly: rate(1 day)",
        "webhook Hook, which nobody calls here",
    ];
    assert_eq!(only(&format!("{VALID}{rules}")).starts, started);
    let triggers = "PipelineType: V2
      Triggers:
        - ProviderType: CodeStarSourceConnection
          GitConfiguration:
            SourceActionName: Fetch
            Push: [{Branches: {Includes: [main, 'release/*'], Excludes: [release/old]}}]
            PullRequest: [{Events: [OPEN, UPDATED], Branches: {Includes: [main]}, FilePaths: {Excludes: [docs/**]}}]
      RoleArn: !GetAtt";
    let started = [
        "repository ada/shop: pushes, branches main, release/* but release/old",
        "repository ada/shop: pull requests opened or updated, into branches main, files all but docs/**",
    ];
    let checked = only(&with("RoleArn: !GetAtt", triggers));
    assert_eq!((checked.problems, checked.starts), (vec![], started.map(str::to_owned).to_vec()));
}

#[test]
fn the_apis_document_is_judged_too() {
    let document = r#"{"pipeline": {"name": "release", "roleArn": "arn:aws:iam::000000000000:role/r",
        "artifactStore": {"type": "S3", "location": "artifacts"}, "stages": [
        {"name": "Source", "actions": [{"name": "Fetch", "outputArtifacts": [{"name": "Code"}],
            "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"},
            "configuration": {"RepositoryName": "shop", "BranchName": "main"}}]},
        {"name": "Go", "actions": [{"name": "Call", "configuration": {"FunctionName": "f"},
            "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"}}]}]},
        "metadata": {}}"#;
    let checked = only(document);
    assert_eq!((checked.pipeline.as_str(), checked.stages, checked.actions), ("release", 2, 2));
    assert_eq!(checked.starts, ["CodeCommit repository shop, branch main"]);
    assert!(problems(&document.replace("Lambda", "Step"))[0].contains("stage \"Go\", action \"Call\""));
    assert!(!problems("pipeline: 7").is_empty());
    let given = BTreeMap::from([("A".to_owned(), String::new())]);
    assert_eq!(check(document, &given, "shop").unwrap_err().to_string(), "has no parameter A; it has none");
}
