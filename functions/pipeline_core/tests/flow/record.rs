//! `record`: every fact is kept once, whatever is delivered, and however often.

use pipeline_core::{
    digest::Object,
    ids::Digest,
    job::Artifact,
    memory::{Fault, World},
    record::{
        facts::Push,
        perform::{Fact, Kept},
    },
};

use crate::{
    release::{ALICE, BOB, artifact, built, commit, execution, function, measured, package, pushed, put, record},
    support::world,
};

fn push(by: &str) -> Fact {
    Fact::Pushed(Push {
        repository: "time_service".into(),
        commit: commit(),
        by: Some(by.into()),
        reference: Some("refs/heads/main".into()),
        at: None,
    })
}

fn digest(world: &World) -> Digest {
    world.release.digests.borrow()[&measured()].clone()
}

/// The digest of an artifact with these files.
fn digest_of(world: &World, files: &[(&str, &str)]) -> Option<Digest> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    world.release.artifacts.borrow_mut().insert((artifact().bucket, artifact().key), files);
    world.release.digests.borrow_mut().clear();
    record(world, &built())?;
    Some(digest(world))
}

#[test]
fn an_event_that_comes_again_changes_nothing() {
    let world = world();
    pushed(&world);
    let before = (digest(&world), world.release.pushes.borrow().clone());
    for _ in 0..3 {
        assert_eq!(record(&world, &built()), Some(Kept::Stands));
        assert_eq!(record(&world, &push(ALICE)), Some(Kept::Stands));
    }
    assert_eq!((digest(&world), world.release.pushes.borrow().clone()), before);
}

#[test]
fn what_was_built_stands_whatever_is_there_later() {
    let world = world();
    pushed(&world);
    let first = digest(&world);
    put(&world, &package(), "other code");
    match record(&world, &built()) {
        Some(Kept::Contradicted { standing, found }) => assert!(standing == first && found != first),
        other => panic!("{other:?}"),
    }
    assert_eq!(digest(&world), first);
}

#[test]
fn a_build_that_was_retried_has_a_digest_of_its_own() {
    let world = world();
    pushed(&world);
    let first = digest(&world);
    let again = Artifact { key: "again.zip".into(), ..artifact() };
    let files = [("app.yaml".to_owned(), b"Resources: {}".to_vec())].into();
    world.release.artifacts.borrow_mut().insert((again.bucket.clone(), again.key.clone()), files);
    let fact = Fact::Built { execution: execution(), artifact: again };
    assert_eq!(record(&world, &fact), Some(Kept::Stands));
    assert_eq!((digest(&world), world.release.digests.borrow().len()), (first, 2));
}

#[test]
fn everybody_who_pushed_is_kept() {
    let world = world();
    pushed(&world);
    record(&world, &push(BOB));
    assert_eq!(world.release.pushes.borrow().len(), 2);
}

#[test]
fn a_digest_covers_the_templates_at_the_root_and_what_they_name_to_the_end() {
    let template = "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/packages/nested.yaml'}}}";
    let object = |key: &str| Object { key: key.into(), ..package() };
    let world = world();
    put(&world, &object("nested.yaml"), &function("s3://packages/deep.zip"));
    put(&world, &object("deep.zip"), "deep");
    let first = digest_of(&world, &[("app.yaml", template)]).unwrap();
    put(&world, &object("deep.zip"), "other");
    assert_ne!(digest_of(&world, &[("app.yaml", template)]).unwrap(), first);
    world.release.objects.borrow_mut().remove(&("packages".into(), "deep.zip".into()));
    assert_eq!(digest_of(&world, &[("app.yaml", template)]), None, "a named object is missing");
}

#[test]
fn templates_that_name_one_another_come_to_an_end() {
    let itself = "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/packages/loop.yaml'}}}";
    let world = world();
    put(&world, &Object { key: "loop.yaml".into(), ..package() }, itself);
    assert!(digest_of(&world, &[("app.yaml", itself)]).is_some());
}

#[test]
fn a_template_that_does_not_say_what_it_deploys_has_no_digest() {
    let nested = "Resources: {S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://s3.amazonaws.com/packages/nested.yaml'}}}";
    let world = world();
    put(&world, &Object { key: "nested.yaml".into(), ..package() }, "Resources: [");
    for template in [nested, "Resources: [", &function("s3://${Bucket}/code.zip")] {
        assert_eq!(digest_of(&world, &[("app.yaml", template)]), None, "{template}");
    }
    assert!(digest_of(&world, &[("values.yaml", "{{ .Values }}")]).is_some(), "no template");
}

#[test]
fn more_objects_than_any_template_names_are_refused() {
    let world = world();
    let items: Vec<String> = (0..=2000).map(|number| format!("s3://packages/{number}")).collect();
    for item in &items {
        put(&world, &Object { key: item["s3://packages/".len()..].into(), ..package() }, "x");
    }
    let template = |items: &[String]| items.iter().map(|item| format!("- {}\n", function(item))).collect::<String>();
    assert!(digest_of(&world, &[("app.yaml", &template(&items[..2000]))]).is_some());
    assert_eq!(digest_of(&world, &[("app.yaml", &template(&items))]), None);
}

#[test]
fn killed_refused_or_unheard_at_any_effect_the_next_delivery_keeps_the_fact() {
    for (fact, sites) in
        [(built(), &["read build", "measure package", "record digest"][..]), (push(BOB), &["record push"])]
    {
        let whole = world();
        pushed(&whole);
        whole.run(
            pipeline_core::record::perform::Record { builds: &whole, packages: &whole, facts: &whole }.keep(&fact),
        );
        assert_eq!(*whole.effects.borrow(), sites);
        let expected = (digest(&whole), whole.release.pushes.borrow().clone());
        for effect in 0..sites.len() {
            for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::ReplyLost, Fault::Refused, Fault::Throttled] {
                let world = world();
                pushed(&world);
                world.release.digests.borrow_mut().clear();
                world.strike(effect, fault);
                assert_eq!(record(&world, &fact), None, "Lambda has to deliver it again");
                assert_eq!(record(&world, &fact), Some(Kept::Stands));
                record(&world, &built());
                assert_eq!((digest(&world), world.release.pushes.borrow().clone()), expected, "{fault:?} at {effect}");
            }
        }
    }
}
