//! Runs beside one another.

use crate::run::{Run, end};
use crate::world::{World, fixture};

#[tokio::test]
async fn two_services_run_at_the_same_time() {
    let world = World::new().await;
    let (plain, other) = (fixture("plain"), fixture("with_parameters"));
    let (plain, other) = tokio::join!(end(world.run(&plain)), end(world.run(&other)));
    for run in [plain, other] {
        assert_eq!((run.code, &run.last()["status"]), (Some(0), &"Succeeded".into()), "{run:?}");
    }
    assert!(world.left_behind().is_empty(), "{:?}", world.left_behind());
}

#[tokio::test]
async fn two_runs_of_one_service_take_turns_at_its_build() {
    let world = World::new().await;
    let service = fixture("plain");
    let mut one = Run::start(world.run(&service));
    one.until(|line| line["stage"] == "Source" && line["status"] == "Succeeded").await;
    let (one, two) = tokio::join!(one.end(), end(world.run(&service)));
    for run in [one, two] {
        assert_eq!((run.code, &run.last()["status"]), (Some(0), &"Succeeded".into()), "{run:?}");
    }
}
