//! Stages in other accounts and regions.

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its world has failed")]

use jiff::{SignedDuration, Timestamp};
use pipeline_aws::sites::Sites;
use pipeline_core::{
    ids::{JobId, Region, RoleArn},
    ports::{PortError, ReadStacks},
    start_tests::{ports::ReachSites, site::Site},
};

use crate::canned::{Asked, Canned, answered, refused, run};

const ROLE: &str = "arn:aws:iam::999999999999:role/tests";

fn job(number: u8) -> JobId {
    format!("11111111-abcd-1111-abcd-11111111111{number}").parse().unwrap()
}

fn site(role: Option<&str>, region: Option<&str>) -> Site {
    let role_arn: Option<RoleArn> = role.map(|role| role.parse().unwrap());
    let region: Option<Region> = region.map(|region| region.parse().unwrap());
    Site { role_arn, region }
}

fn session(key: &str, lasts: SignedDuration) -> (u16, String) {
    let until = Timestamp::now().saturating_add(lasts).unwrap().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let secrets = "<SecretAccessKey>s</SecretAccessKey><SessionToken>token</SessionToken>";
    let granted = format!("<AccessKeyId>{key}</AccessKeyId>{secrets}<Expiration>{until}</Expiration>");
    answered("AssumeRole", &format!("<Credentials>{granted}</Credentials>"))
}

fn stack() -> (u16, String) {
    let fields = "<StackName>app</StackName><CreationTime>2026-11-21T12:00:00Z</CreationTime>\
                  <StackStatus>UPDATE_COMPLETE</StackStatus>";
    answered("DescribeStacks", &format!("<Stacks><member>{fields}</member></Stacks>"))
}

/// Reads a stack of the site for each job in turn, and tells what AWS was asked.
fn asked(site: &Site, jobs: &[u8], answers: impl IntoIterator<Item = (u16, String)>) -> Vec<Asked> {
    let canned = Canned::new(answers);
    let sites = Sites::new(&canned.config());
    for number in jobs {
        let stage = run(sites.reach(site, &job(*number))).unwrap();
        assert_eq!(run(stage.describe(&"app".parse().unwrap())).unwrap().status, "UPDATE_COMPLETE");
    }
    canned.asked()
}

/// The key and the region that a request is signed with.
fn signed(asked: &Asked) -> (String, String) {
    let scope = asked.header("authorization").unwrap().split_once("Credential=").unwrap().1;
    let parts: Vec<&str> = scope.split('/').collect();
    (parts[0].to_owned(), parts[2].to_owned())
}

fn pair(key: &str, region: &str) -> (String, String) {
    (key.to_owned(), region.to_owned())
}

#[test]
fn our_own_stage_is_reached_with_our_own_credentials() {
    let [one] = &asked(&site(None, None), &[1], [stack()])[..] else { panic!("one request") };
    assert_eq!(signed(one), pair("key", "eu-west-1"));
}

#[test]
fn a_region_without_a_role_is_reached_with_our_own_credentials() {
    let [one] = &asked(&site(None, Some("us-east-1")), &[1], [stack()])[..] else { panic!("one request") };
    assert_eq!(signed(one), pair("key", "us-east-1"));
}

#[test]
fn a_role_is_assumed_under_the_jobs_name_and_for_an_hour_at_most() {
    let asked =
        asked(&site(Some(ROLE), Some("us-east-1")), &[1], [session("theirs", SignedDuration::from_hours(1)), stack()]);
    let [assumed, read] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!((signed(assumed), signed(read)), (pair("key", "eu-west-1"), pair("theirs", "us-east-1")));
    assert_eq!(read.header("x-amz-security-token"), Some("token"));
    let field = |name| assumed.field(name).unwrap_or_default();
    assert_eq!(["Action", "RoleArn"].map(field), ["AssumeRole", ROLE]);
    let name = field("RoleSessionName");
    assert_eq!(name, format!("flowgate-{}", job(1)));
    assert!(name.len() <= 64 && (900..=3600).contains(&field("DurationSeconds").parse().unwrap()));
}

#[test]
fn a_session_is_kept_for_its_job_and_no_other_while_it_lasts() {
    let keys = |asked: Vec<Asked>| asked.iter().map(|asked| signed(asked).0).collect::<Vec<_>>();
    let there = site(Some(ROLE), None);
    let long = |key| session(key, SignedDuration::from_mins(30));
    let answers = [long("one"), stack(), stack(), long("two"), stack(), stack()];
    assert_eq!(keys(asked(&there, &[1, 1, 2, 2], answers)), ["key", "one", "one", "key", "two", "two"]);
    let short = session("one", SignedDuration::from_mins(14));
    let answers = [short, stack(), long("two"), stack()];
    assert_eq!(
        keys(asked(&there, &[1, 1], answers)),
        ["key", "one", "key", "two"],
        "an invocation lasts up to 15 minutes"
    );
}

#[test]
fn a_role_that_may_not_be_assumed_is_named_with_what_to_allow() {
    let reach = |answer| {
        let canned = Canned::new([answer]);
        run(Sites::new(&canned.config()).reach(&site(Some(ROLE), None), &job(1))).map(drop).unwrap_err()
    };
    let denied = reach(refused("AccessDenied", "User: us is not authorized"));
    assert!(matches!(denied, PortError::Denied { .. }), "{denied}");
    for words in [ROLE, "User: us is not authorized", "allow sts:AssumeRole on it", "TestRoleArns", "trust policy"] {
        assert!(denied.to_string().contains(words), "{denied}");
    }
    let expired = reach(refused("ExpiredToken", "The security token included in the request is expired"));
    assert!(
        matches!(&expired, PortError::Unavailable { detail, .. } if detail.contains("our role have expired")),
        "{expired}"
    );
    assert!(matches!(reach(refused("RegionDisabledException", "off")), PortError::Unusable { .. }));
    assert!(matches!(reach(refused("Throttling", "slow down")), PortError::Throttled { .. }));
    assert!(matches!(reach(answered("AssumeRole", "")), PortError::Unavailable { .. }));
}

#[test]
fn credentials_that_are_not_taken_are_final_only_where_they_are_a_sessions() {
    let read = |there: &Site, granted: Option<(u16, String)>, code: &str| {
        let canned = Canned::new(granted.into_iter().chain([refused(code, "not known")]));
        let stage = run(Sites::new(&canned.config()).reach(there, &job(1))).unwrap();
        run(stage.describe(&"app".parse().unwrap())).unwrap_err()
    };
    let session = || Some(session("theirs", SignedDuration::from_mins(30)));
    for code in ["ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException"] {
        for there in [site(None, None), site(None, Some("us-east-1"))] {
            let ours = read(&there, None, code);
            assert!(matches!(ours, PortError::Unavailable { .. }), "{ours}");
            assert!(ours.to_string().contains("not known yet") && ours.to_string().contains(code), "{ours}");
        }
        let theirs = read(&site(Some(ROLE), None), session(), code);
        assert!(matches!(theirs, PortError::Denied { .. }), "{theirs}");
        assert!(theirs.to_string().contains("the session of the stage's role"), "{theirs}");
    }
}
