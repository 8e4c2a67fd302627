//! What sweep asks of stacks, and does to them.

mod change_sets;
mod exports;
mod facts;
mod ids;
mod operations;
mod request_tokens;
mod roles;
mod tags;
mod undeletable;
mod world;

use crate::world::cloud_without_all;
use world::World;

/// What these tests are about.
const PATCHES: [&str; 8] = [
    "undeletable",
    "bucket_tags",
    "stack_ids",
    "stack_facts",
    "imported_exports",
    "stack_operations",
    "change_sets",
    "stack_roles",
];

/// All on one cloud: none of these gaps hides another.
#[tokio::test]
async fn without_the_patches_each_gap_shows() {
    let world = World::new(cloud_without_all(&PATCHES).await);
    ids::an_old_arn_is_unknown_and_a_failed_creation_makes_place(&world).await;
    facts::the_role_the_parent_and_the_end_are_not_told(&world).await;
    operations::a_deletion_during_an_update_is_accepted(&world).await;
    operations::a_creation_goes_on_beside_the_deletion(&world).await;
    operations::a_change_set_is_executed_during_an_update(&world).await;
    change_sets::one_is_made_for_a_stack_that_failed(&world).await;
    change_sets::another_one_makes_another_stack(&world).await;
    change_sets::the_name_of_one_that_was_executed_is_taken(&world).await;
    exports::a_stack_in_use_is_refused_at_once(&world).await;
    exports::a_stack_does_not_import_while_it_is_changed(&world).await;
    undeletable::everything_is_deleted(&world).await;
    undeletable::a_resource_does_not_say_why_it_is_left(&world).await;
    undeletable::what_is_left_of_a_nested_stack_is_forgotten(&world).await;
    tags::a_bucket_has_none(&world).await;
    roles::a_role_that_does_not_exist_is_good_enough(&world).await;
}
