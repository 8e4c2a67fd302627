//! CloudFormation.

use pipeline_aws::cloudformation::Stacks;
use pipeline_core::{
    ids::{StackArn, StackName},
    ports::PortError,
    sweep::{
        ports::{DeleteStacks, InspectStacks, ListStacks},
        stack::{StackFacts, Standing},
    },
};

use crate::canned::{Canned, answered, refused, run};

const ID: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/time-service-pr-42/a1";

fn id() -> StackArn {
    ID.parse().expect("an id")
}

fn name() -> StackName {
    "time-service-pr-42".parse().expect("an id")
}

fn stacks(answers: impl IntoIterator<Item = (u16, String)>) -> (Stacks, Canned) {
    let canned = Canned::new(answers);
    (Stacks::paced(&canned.config()), canned)
}

fn described(id: &str, more: &str) -> String {
    format!(
        "<member><StackId>{id}</StackId><StackName>n</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>\
         <CreationTime>2026-11-21T12:00:00.123Z</CreationTime>{more}</member>"
    )
}

fn page(members: &str, token: Option<&str>) -> (u16, String) {
    let token = token.map(|token| format!("<NextToken>{token}</NextToken>")).unwrap_or_default();
    answered("DescribeStacks", &format!("<Stacks>{members}</Stacks>{token}"))
}

fn by_id(answer: (u16, String)) -> Result<Option<StackFacts>, PortError> {
    let (stacks, canned) = stacks([answer]);
    let found = run(stacks.by_id(&id()));
    assert_eq!(canned.asked().iter().filter_map(|asked| asked.field("StackName")).collect::<Vec<_>>(), [ID]);
    found
}

fn by_name(answer: (u16, String)) -> Result<Option<StackFacts>, PortError> {
    run(stacks([answer]).0.by_name(&name()))
}

#[test]
fn a_stack_is_described_with_all_that_is_told() {
    let more = "<EnableTerminationProtection>false</EnableTerminationProtection><RoleARN>r</RoleARN><RootId>root</RootId>\
                <LastUpdatedTime>2026-11-21T13:00:00Z</LastUpdatedTime><StackStatusReason></StackStatusReason>\
                <Tags><member><Key>k</Key><Value>v</Value></member></Tags>\
                <Outputs><member><OutputKey>o</OutputKey><OutputValue>x</OutputValue><ExportName>e</ExportName></member>\
                <member><OutputKey>p</OutputKey><OutputValue>y</OutputValue></member></Outputs>";
    let facts = by_id(page(&described(ID, more), None)).unwrap().unwrap();
    assert_eq!((facts.id, &facts.status.0[..], facts.reason), (id(), "UPDATE_COMPLETE", None));
    assert_eq!(
        (facts.protected, facts.role.as_deref(), facts.parent.as_deref()),
        (Some(false), Some("r"), Some("root"))
    );
    assert_eq!(facts.created, "2026-11-21T12:00:00.123Z".parse().unwrap());
    assert_eq!(facts.changed, Some("2026-11-21T13:00:00Z".parse().unwrap()));
    assert_eq!((facts.tags, facts.exports), ([("k".into(), "v".into())].into(), vec!["e".to_owned()]));
}

#[test]
fn i10_what_is_not_told_is_not_made_up() {
    let facts = by_id(page(&described(ID, ""), None)).unwrap().unwrap();
    assert_eq!((facts.protected, facts.role, facts.parent, facts.changed), (None, None, None, None));
    let no_status = described(ID, "").replace("<StackStatus>UPDATE_COMPLETE</StackStatus>", "");
    let facts = by_id(page(&no_status, None)).unwrap().unwrap();
    assert_eq!(facts.status.standing(), Standing::Untouchable);
}

#[test]
fn i6_only_cloudformations_own_words_say_that_there_is_no_stack() {
    let absent = |asked: &str| refused("ValidationError", &format!("Stack with id {asked} does not exist"));
    assert_eq!(by_id(absent(ID)), Ok(None));
    assert_eq!(by_name(absent("time-service-pr-42")), Ok(None));
    for error in [
        absent("time-service-pr-4"),
        refused("ValidationError", "1 validation error detected: the role does not exist"),
        refused("ValidationError", ""),
        refused("AccessDenied", &format!("Stack with id {ID} does not exist")),
        refused("Throttling", "Rate exceeded"),
        page("", None),
        (500, String::new()),
        (200, "<html>".to_owned()),
    ] {
        assert!(by_id(error.clone()).is_err(), "{error:?}");
        assert!(by_name(error.clone()).is_err(), "{error:?}");
    }
}

#[test]
fn i10_a_stack_that_cannot_be_understood_is_an_error() {
    for member in [
        described("arn:aws:cloudformation:eu-west-1:111122223333:stack/x", ""),
        described("", ""),
        described(ID, "").replace("2026-11-21T12:00:00.123Z", "yesterday"),
        described(ID, "").replace("<CreationTime>2026-11-21T12:00:00.123Z</CreationTime>", ""),
        described(ID, "<LastUpdatedTime>now</LastUpdatedTime>"),
    ] {
        assert!(by_id(page(&member, None)).is_err(), "{member}");
    }
}

#[test]
fn i5_another_stack_than_the_one_asked_for_is_an_error() {
    for other in
        [ID.replace("/a1", "/a2"), ID.replace("111122223333", "999999999999"), ID.replace("eu-west", "eu-east")]
    {
        assert!(by_id(page(&described(&other, ""), None)).is_err(), "{other}");
    }
    let other = ID.replace("pr-42", "pr-420");
    assert!(by_name(page(&described(&other, ""), None)).is_err());
}

#[test]
fn a_deleted_stack_is_found_by_its_id_alone() {
    let deleted = page(&described(ID, "").replace("UPDATE_COMPLETE", "DELETE_COMPLETE"), None);
    assert!(by_id(deleted.clone()).unwrap().is_some_and(|facts| facts.status.0 == "DELETE_COMPLETE"));
    assert_eq!(by_name(deleted), Ok(None));
}

#[test]
fn all_stacks_are_those_of_all_pages() {
    let second = ID.replace("pr-42", "pr-43");
    let (stacks, canned) = stacks([page(&described(ID, ""), Some("t")), page(&described(&second, ""), None)]);
    let ids: Vec<String> = run(stacks.stacks()).unwrap().into_iter().map(|facts| facts.id.to_string()).collect();
    assert_eq!(ids, [ID, &second]);
    let tokens: Vec<Option<String>> = canned.asked().iter().map(|asked| asked.field("NextToken")).collect();
    assert_eq!(tokens, [None, Some("t".to_owned())]);
}

#[test]
fn i10_a_listing_that_is_not_whole_is_an_error() {
    let one = described(ID, "");
    for second in [page("", Some("t")), refused("AccessDenied", "not you"), page(&described("x", ""), None)] {
        assert!(run(stacks([page(&one, Some("t")), second.clone()]).0.stacks()).is_err(), "{second:?}");
    }
    let circle = ["a", "b", "a"].map(|token| page(&one, Some(token)));
    let error = run(stacks(circle).0.stacks()).unwrap_err().to_string();
    assert!(error.contains("came again"), "{error}");
}

#[test]
fn a_page_of_all_stacks_is_asked_for_again_when_there_were_too_many_calls() {
    let throttled = refused("Throttling", "Rate exceeded");
    let (stacks, canned) = stacks([throttled, page(&described(ID, ""), None)]);
    assert_eq!((run(stacks.stacks()).map(|stacks| stacks.len()), canned.asked().len()), (Ok(1), 2));
}

#[test]
fn resources_are_those_of_all_pages() {
    let resource = |logical: &str| {
        format!(
            "<member><LogicalResourceId>{logical}</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
             <PhysicalResourceId>b-{logical}</PhysicalResourceId><ResourceStatus>DELETE_FAILED</ResourceStatus>\
             <ResourceStatusReason>not empty</ResourceStatusReason>\
             <LastUpdatedTimestamp>2026-11-21T12:00:00Z</LastUpdatedTimestamp></member>"
        )
    };
    let page = |members: &str, token: &str| {
        let summaries = format!("<StackResourceSummaries>{members}</StackResourceSummaries>{token}");
        answered("ListStackResources", &summaries)
    };
    let (stacks, canned) = stacks([page(&resource("A"), "<NextToken>t</NextToken>"), page(&resource("B"), "")]);
    let found = run(stacks.resources(&id())).unwrap();
    assert_eq!(found.iter().map(|resource| &resource.physical[..]).collect::<Vec<_>>(), ["b-A", "b-B"]);
    assert_eq!((&found[0].status[..], found[0].reason.as_deref()), ("DELETE_FAILED", Some("not empty")));
    assert_eq!(canned.asked()[1].field("NextToken").as_deref(), Some("t"));
}

#[test]
fn an_export_that_nobody_imports_has_no_importers() {
    let importers = |answers: Vec<(u16, String)>| run(stacks(answers).0.importers("url"));
    assert_eq!(importers(vec![refused("ValidationError", "Export 'url' is not imported by any stack.")]), Ok(vec![]));
    let page = |name: &str, token: &str| {
        answered("ListImports", &format!("<Imports><member>{name}</member></Imports>{token}"))
    };
    let both = importers(vec![page("a", "<NextToken>t</NextToken>"), page("b", "")]);
    assert_eq!(both, Ok(vec!["a".to_owned(), "b".to_owned()]));
    for error in [
        refused("ValidationError", "Export 'url2' is not imported by any stack."),
        refused("ValidationError", "NextToken is invalid"),
        refused("Throttling", "Rate exceeded"),
    ] {
        assert!(importers(vec![error.clone()]).is_err(), "{error:?}");
    }
}

#[test]
fn i14_a_deletion_names_the_stacks_arn_and_a_token_and_nothing_else() {
    let (stacks, canned) = stacks([(200, "<DeleteStackResponse/>".to_owned())]);
    assert_eq!(run(stacks.delete(&id(), "t1")), Ok(()));
    let [asked] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    assert_eq!(asked.fields(), ["Action", "Version", "StackName", "ClientRequestToken"]);
    assert_eq!(
        (asked.field("StackName").as_deref(), asked.field("ClientRequestToken").as_deref()),
        (Some(ID), Some("t1"))
    );
}

#[test]
fn a_refusal_to_delete_is_told_from_what_passes() {
    let delete = |error: (u16, String)| {
        let (stacks, canned) = stacks([error]);
        let refused = run(stacks.delete(&id(), "t1")).unwrap_err();
        assert_eq!(canned.asked().len(), 1, "it is attempted once");
        refused
    };
    let protected = format!("Stack [{ID}] cannot be deleted while TerminationProtection is enabled");
    for (code, words) in [
        ("ValidationError", &protected[..]),
        ("ValidationError", "Role arn:aws:iam::111122223333:role/d is invalid or cannot be assumed"),
    ] {
        let expected = PortError::Unusable { what: format!("stack {ID}"), why: words.to_owned() };
        assert_eq!(delete(refused(code, words)), expected);
    }
    let (stacks, canned) = stacks([refused("TokenAlreadyExistsException", "A client request token already exists")]);
    assert_eq!((run(stacks.delete(&id(), "t1")), canned.asked().len()), (Ok(()), 1), "it was taken before");
    let busy = format!("Stack [{ID}] cannot be deleted while in status UPDATE_IN_PROGRESS");
    assert!(matches!(delete(refused("ValidationError", &busy)), PortError::Unavailable { .. }));
    assert!(matches!(delete(refused("AccessDenied", "not you")), PortError::Denied { .. }));
    assert!(matches!(delete(refused("Throttling", "Rate exceeded")), PortError::Throttled { .. }));
    assert!(matches!(delete((500, String::new())), PortError::Unavailable { .. }));
}
