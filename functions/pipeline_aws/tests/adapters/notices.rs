//! Notices of releases, to whoever wants to hear of them.

use pipeline_aws::sns::Notices;
use pipeline_core::sweep::ports::Tell;

use crate::canned::{Canned, answered, refused, run};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:releases";

#[test]
fn they_are_published_whoever_listens_and_what_is_refused_is_an_error() {
    let canned = Canned::new([answered("Publish", "<MessageId>m</MessageId>")]);
    assert_eq!(run(Notices::new(&canned.config(), TOPIC.into()).tell("shop: release started", "a\nb")), Ok(()));
    let [asked] = &canned.asked()[..] else { panic!("one request, and not who is subscribed") };
    let told = ["Action", "TopicArn", "Subject", "Message"].map(|name| asked.field(name).unwrap_or_default());
    assert_eq!(told, ["Publish", TOPIC, "shop: release started", "a\nb"]);
    let failing = Canned::new([refused("AuthorizationError", "no")]);
    assert!(run(Notices::new(&failing.config(), TOPIC.into()).tell("s", "t")).is_err());
}
