//! Approval rule templates, and the rules that new pull requests get from them.

use flowgate::identity::{APPROVER, AUTHOR};
use serde_json::{Value, json};

use crate::api::{judged, refused, succeeds, succeeds_as};
use crate::approvals::content;
use crate::pulls::prepared;
use crate::world::World;

const ASSOCIATE: &str = "AssociateApprovalRuleTemplateWithRepository";
const DISASSOCIATE: &str = "DisassociateApprovalRuleTemplateFromRepository";
const BATCH: &str = "BatchAssociateApprovalRuleTemplateWithRepositories";
const BATCH_OFF: &str = "BatchDisassociateApprovalRuleTemplateFromRepositories";

/// The content of a template that is about these branches.
fn about(needed: usize, branches: &[&str]) -> String {
    let mut all: Value = serde_json::from_str(&content(needed, &[])).unwrap();
    all["DestinationReferences"] = json!(branches);
    all.to_string()
}

fn named(name: &str) -> Value {
    json!({"approvalRuleTemplateName": name})
}

fn at(name: &str, repository: &str) -> Value {
    json!({"approvalRuleTemplateName": name, "repositoryName": repository})
}

async fn template(world: &World, name: &str, content: &str) -> Value {
    let request = json!({"approvalRuleTemplateName": name, "approvalRuleTemplateContent": content});
    succeeds(world, "CreateApprovalRuleTemplate", request).await["approvalRuleTemplate"].take()
}

/// A pull request from `topic` into that branch.
async fn pull(world: &World, destination: &str) -> Value {
    let target =
        json!([{"repositoryName": "service", "sourceReference": "topic", "destinationReference": destination}]);
    succeeds(world, "CreatePullRequest", json!({"title": "t", "targets": target})).await["pullRequest"].take()
}

fn rules(pull: &Value) -> Vec<&str> {
    pull["approvalRules"].as_array().unwrap().iter().map(|rule| rule["approvalRuleName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_pull_request_gets_the_rules_of_the_templates_that_are_about_its_destination() {
    let world = World::new().await;
    let (work, url, _) = prepared(&world).await;
    work.git(&["push", "-q", &url, "main:release/one"]).await;
    let everywhere = template(&world, "everywhere", &content(1, &[])).await;
    template(&world, "main", &about(1, &["refs/heads/main"])).await;
    template(&world, "releases", &about(1, &["refs/heads/release/*"])).await;
    template(&world, "nowhere", &content(1, &[])).await;
    let before = pull(&world, "main").await;
    for name in ["everywhere", "main", "releases"] {
        succeeds(&world, ASSOCIATE, at(name, "service")).await;
    }
    let (main, release) = (pull(&world, "main").await, pull(&world, "release/one").await);
    assert_eq!(
        [rules(&before), rules(&main), rules(&release)],
        [vec![], vec!["everywhere", "main"], vec!["everywhere", "releases"]]
    );
    let rule = &main["approvalRules"][0];
    let origin = json!({"approvalRuleTemplateId": everywhere["approvalRuleTemplateId"], "approvalRuleTemplateName": "everywhere"});
    assert_eq!(rule["originApprovalRuleTemplate"], origin);
    assert_eq!(rule["approvalRuleContent"], everywhere["approvalRuleTemplateContent"]);
    assert_ne!(rule["approvalRuleId"], everywhere["approvalRuleTemplateId"]);
    assert_eq!(judged(&[("CreatePullRequest", json!({"pullRequest": main}))]).await, "1 agree");

    let id = &main["pullRequestId"];
    let merge = json!({"pullRequestId": id, "repositoryName": "service"});
    assert_eq!(
        refused(&world, "MergePullRequestBySquash", merge.clone()).await,
        "PullRequestApprovalRulesNotSatisfiedException"
    );
    let change = json!({"pullRequestId": id, "approvalRuleName": "main", "newRuleContent": content(2, &[])});
    let exception = refused(&world, "UpdatePullRequestApprovalRuleContent", change.clone()).await;
    assert_eq!(exception, "CannotModifyApprovalRuleFromTemplateException");
    let exception = refused(&world, "DeletePullRequestApprovalRule", change).await;
    assert_eq!(exception, "CannotDeleteApprovalRuleFromTemplateException");

    // What is made stays, whatever becomes of the template.
    succeeds(&world, DISASSOCIATE, at("main", "service")).await;
    succeeds(&world, "DeleteApprovalRuleTemplate", named("main")).await;
    let kept = succeeds(&world, "GetPullRequest", json!({"pullRequestId": id})).await;
    assert_eq!(rules(&kept["pullRequest"]), ["everywhere", "main"]);
    assert_eq!(rules(&pull(&world, "main").await), ["everywhere"]);
    let approval = json!({"pullRequestId": id, "revisionId": main["revisionId"], "approvalState": "APPROVE"});
    succeeds_as(&world, APPROVER.access_key, "UpdatePullRequestApprovalState", approval).await;
    succeeds(&world, "MergePullRequestBySquash", merge).await;
}

#[tokio::test]
async fn a_template_is_made_changed_listed_and_removed() {
    let world = World::new().await;
    for name in ["one", "two"] {
        world.create(name).await;
    }
    let create = json!({"approvalRuleTemplateName": "b", "approvalRuleTemplateContent": content(1, &[]),
        "approvalRuleTemplateDescription": "d"});
    let made = succeeds(&world, "CreateApprovalRuleTemplate", create).await;
    template(&world, "a", &content(1, &[])).await;
    let hash = &made["approvalRuleTemplate"]["ruleContentSha256"];
    let content = json!({"approvalRuleTemplateName": "b", "newRuleContent": about(2, &["main"]), "existingRuleContentSha256": hash});
    let description = json!({"approvalRuleTemplateName": "b", "approvalRuleTemplateDescription": "e"});
    let name = json!({"oldApprovalRuleTemplateName": "b", "newApprovalRuleTemplateName": "c"});
    let key = APPROVER.access_key;
    let mut responses = vec![("CreateApprovalRuleTemplate", made.clone())];
    for (operation, request) in [
        ("UpdateApprovalRuleTemplateContent", content.clone()),
        ("UpdateApprovalRuleTemplateDescription", description),
        ("UpdateApprovalRuleTemplateName", name),
        ("GetApprovalRuleTemplate", named("c")),
        (BATCH, json!({"approvalRuleTemplateName": "c", "repositoryNames": ["one", "absent", "two", "one", "o/n"]})),
        ("ListApprovalRuleTemplates", json!({})),
        ("ListApprovalRuleTemplates", json!({"maxResults": 1})),
        ("ListApprovalRuleTemplates", json!({"maxResults": 1, "nextToken": "a"})),
        ("ListAssociatedApprovalRuleTemplatesForRepository", json!({"repositoryName": "one"})),
        ("ListRepositoriesForApprovalRuleTemplate", named("c")),
        (BATCH_OFF, json!({"approvalRuleTemplateName": "c", "repositoryNames": ["one", "absent"]})),
        ("ListRepositoriesForApprovalRuleTemplate", named("c")),
    ] {
        responses.push((operation, succeeds_as(&world, key, operation, request).await));
    }
    assert_eq!(judged(&responses).await, "13 agree");
    let template = &responses[4].1["approvalRuleTemplate"];
    assert_eq!(
        (&template["approvalRuleTemplateName"], &template["approvalRuleTemplateDescription"]),
        (&json!("c"), &json!("e"))
    );
    assert_eq!(
        (&template["approvalRuleTemplateContent"], &template["lastModifiedUser"]),
        (&json!(about(2, &["main"])), &json!(APPROVER.arn))
    );
    assert_eq!(made["approvalRuleTemplate"]["lastModifiedUser"], AUTHOR.arn);
    assert_eq!(template["approvalRuleTemplateId"], made["approvalRuleTemplate"]["approvalRuleTemplateId"]);
    let batch = &responses[5].1;
    assert_eq!(batch["associatedRepositoryNames"], json!(["one", "two", "one"]));
    let codes: Vec<_> = batch["errors"].as_array().unwrap().iter().map(|one| &one["errorCode"]).collect();
    assert_eq!(codes, ["RepositoryDoesNotExistException", "InvalidRepositoryNameException"]);
    assert_eq!(responses[6].1, json!({"approvalRuleTemplateNames": ["a", "c"]}));
    assert_eq!(responses[7].1, json!({"approvalRuleTemplateNames": ["a"], "nextToken": "a"}));
    assert_eq!(responses[8].1, json!({"approvalRuleTemplateNames": ["c"]}));
    assert_eq!(responses[9].1, json!({"approvalRuleTemplateNames": ["c"]}));
    assert_eq!(responses[10].1, json!({"repositoryNames": ["one", "two"]}));
    assert_eq!(responses[11].1["disassociatedRepositoryNames"], json!(["one"]));
    assert_eq!(responses[12].1, json!({"repositoryNames": ["two"]}));

    assert_eq!(refused(&world, "DeleteApprovalRuleTemplate", named("c")).await, "ApprovalRuleTemplateInUseException");
    // A repository that is made anew under the name is another one.
    succeeds(&world, "DeleteRepository", json!({"repositoryName": "two"})).await;
    world.create("two").await;
    let listed =
        succeeds(&world, "ListAssociatedApprovalRuleTemplatesForRepository", json!({"repositoryName": "two"})).await;
    assert_eq!(listed, json!({"approvalRuleTemplateNames": []}));
    let removed = succeeds(&world, "DeleteApprovalRuleTemplate", named("c")).await;
    assert_eq!(removed["approvalRuleTemplateId"], template["approvalRuleTemplateId"]);
    assert_eq!(succeeds(&world, "DeleteApprovalRuleTemplate", named("c")).await, json!({}));
}

#[tokio::test]
async fn a_template_that_cannot_be_is_the_documented_exception() {
    let world = World::new().await;
    world.create("service").await;
    for number in 0..26 {
        template(&world, &number.to_string(), &content(1, &[])).await;
    }
    for number in 0..25 {
        succeeds(&world, ASSOCIATE, at(&number.to_string(), "service")).await;
    }
    succeeds(&world, ASSOCIATE, at("0", "service")).await;
    let (make, change) = ("CreateApprovalRuleTemplate", "UpdateApprovalRuleTemplateContent");
    let (describe, rename) = ("UpdateApprovalRuleTemplateDescription", "UpdateApprovalRuleTemplateName");
    let create =
        |name: &str, content: &str| json!({"approvalRuleTemplateName": name, "approvalRuleTemplateContent": content});
    let absent = "ApprovalRuleTemplateDoesNotExistException";
    for (operation, request, exception) in [
        (make, create("0", &content(1, &[])), "ApprovalRuleTemplateNameAlreadyExistsException"),
        (make, create("", &content(1, &[])), "ApprovalRuleTemplateNameRequiredException"),
        (make, create("a@b", &content(1, &[])), "InvalidApprovalRuleTemplateNameException"),
        (make, create("new", ""), "ApprovalRuleTemplateContentRequiredException"),
        (make, create("new", &about(1, &["*"])), "InvalidApprovalRuleTemplateContentException"),
        (make, json!({"approvalRuleTemplateName": 1}), "SerializationException"),
        (change, json!({"approvalRuleTemplateName": "0"}), "ApprovalRuleTemplateContentRequiredException"),
        (change, json!({"approvalRuleTemplateName": "x", "newRuleContent": content(1, &[])}), absent),
        (
            change,
            json!({"approvalRuleTemplateName": "0", "newRuleContent": content(1, &[]), "existingRuleContentSha256": "0"}),
            "InvalidRuleContentSha256Exception",
        ),
        (
            describe,
            json!({"approvalRuleTemplateName": "0", "approvalRuleTemplateDescription": "x".repeat(1001)}),
            "InvalidApprovalRuleTemplateDescriptionException",
        ),
        (rename, json!({"oldApprovalRuleTemplateName": "x", "newApprovalRuleTemplateName": "0"}), absent),
        (
            rename,
            json!({"oldApprovalRuleTemplateName": "0", "newApprovalRuleTemplateName": "1"}),
            "ApprovalRuleTemplateNameAlreadyExistsException",
        ),
        ("GetApprovalRuleTemplate", named("x"), absent),
        (ASSOCIATE, at("x", "service"), absent),
        (ASSOCIATE, at("0", "absent"), "RepositoryDoesNotExistException"),
        (ASSOCIATE, named("0"), "RepositoryNameRequiredException"),
        (ASSOCIATE, at("25", "service"), "MaximumRuleTemplatesAssociatedWithRepositoryException"),
        (DISASSOCIATE, at("x", "service"), absent),
        (BATCH, named("0"), "RepositoryNamesRequiredException"),
        (
            BATCH,
            json!({"approvalRuleTemplateName": "0", "repositoryNames": vec!["service"; 101]}),
            "MaximumRepositoryNamesExceededException",
        ),
        ("ListApprovalRuleTemplates", json!({"maxResults": 0}), "InvalidMaxResultsException"),
        ("ListApprovalRuleTemplates", json!({"nextToken": "gone"}), "InvalidContinuationTokenException"),
        ("ListAssociatedApprovalRuleTemplatesForRepository", json!({}), "RepositoryNameRequiredException"),
        ("ListRepositoriesForApprovalRuleTemplate", named("x"), absent),
        ("RenameApprovalRuleTemplate", json!({}), "UnknownOperationException"),
    ] {
        assert_eq!(refused(&world, operation, request.clone()).await, exception, "{operation} {request}");
    }
}
