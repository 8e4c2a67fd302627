//! Buckets of stacks that are to be deleted.

use pipeline_aws::s3::Buckets;
use pipeline_core::{
    ports::PortError,
    sweep::ports::{EmptyBuckets, ReadBuckets},
};

use crate::canned::{Canned, run};

fn buckets(answers: impl IntoIterator<Item = (u16, String)>) -> (Buckets, Canned) {
    let canned = Canned::new(answers);
    (Buckets::new(&canned.config(), "111122223333"), canned)
}

fn owner(answer: (u16, String)) -> Result<Option<String>, PortError> {
    run(buckets([answer]).0.owner("b"))
}

fn error(status: u16, code: &str) -> (u16, String) {
    (status, format!("<Error><Code>{code}</Code><Message>m</Message></Error>"))
}

fn tags(tags: &[(&str, &str)]) -> (u16, String) {
    let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    (200, format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.iter().map(tag).collect::<String>()))
}

fn page(truncated: bool, members: &str) -> (u16, String) {
    let members = format!("<IsTruncated>{truncated}</IsTruncated>{members}");
    (200, format!("<ListVersionsResult>{members}</ListVersionsResult>"))
}

const OBJECTS: &str = "<Version><Key>a</Key><VersionId>1</VersionId></Version>\
                       <DeleteMarker><Key>a</Key><VersionId>2</VersionId></DeleteMarker>\
                       <Version><Key>b</Key><VersionId>null</VersionId></Version>";

#[test]
fn the_owner_of_a_bucket_is_the_stack_that_its_tag_names() {
    assert_eq!(owner(tags(&[("x", "y"), ("aws:cloudformation:stack-id", "arn")])), Ok(Some("arn".to_owned())));
    assert_eq!(owner(tags(&[("AWS:cloudformation:stack-id", "arn")])), Ok(None));
    assert_eq!((owner(error(404, "NoSuchTagSet")), owner(error(404, "NoSuchBucket"))), (Ok(None), Ok(None)));
    assert!(owner(error(403, "AccessDenied")).is_err() && owner((500, String::new())).is_err());
}

#[test]
fn i14_a_bucket_is_emptied_of_every_version_and_marker_and_only_in_our_account() {
    let (buckets, canned) = buckets([page(false, OBJECTS), (200, "<DeleteResult/>".to_owned())]);
    assert_eq!(run(buckets.empty("b")), Ok(true));
    let [listed, deleted] = &canned.asked()[..] else { panic!("{:?}", canned.asked()) };
    for asked in [listed, deleted] {
        assert_eq!(asked.header("x-amz-expected-bucket-owner"), Some("111122223333"));
    }
    assert_eq!(deleted.method, "POST");
    for object in [("a", "1"), ("a", "2"), ("b", "null")] {
        let object = format!("<Object><Key>{}</Key><VersionId>{}</VersionId></Object>", object.0, object.1);
        assert!(deleted.body.contains(&object), "{}", deleted.body);
    }
}

#[test]
fn a_bucket_with_more_than_a_page_is_not_empty_yet() {
    let (buckets, _) = buckets([page(true, OBJECTS), (200, "<DeleteResult/>".to_owned())]);
    assert_eq!(run(buckets.empty("b")), Ok(false));
}

#[test]
fn an_empty_bucket_is_left_as_it_is() {
    let (buckets, canned) = buckets([page(false, "")]);
    assert_eq!((run(buckets.empty("b")), canned.asked().len()), (Ok(true), 1));
}

#[test]
fn an_object_that_stays_is_an_error_although_s3_answers_with_success() {
    let kept = "<Error><Key>a</Key><VersionId>1</VersionId><Code>AccessDenied</Code><Message>locked</Message></Error>";
    let kept = (200, format!("<DeleteResult>{kept}</DeleteResult>"));
    let (buckets, _) = buckets([page(false, OBJECTS), kept]);
    let error = run(buckets.empty("b")).unwrap_err().to_string();
    assert!(error.contains("1 objects stay, such as a: AccessDenied: locked"), "{error}");
}
