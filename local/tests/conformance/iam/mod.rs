//! IAM is enforced, also of what AWS's services do by themselves.

mod alarms;
mod apis;
mod bus_conditions;
mod destinations;
mod function_urls;
mod git;
mod leading_keys;
mod logs;
mod parameter_names;
mod pass_role;
mod request_actions;
mod roles;
mod rules;
mod schedules;
mod service_world;
mod stack_conditions;
mod stack_permissions;
mod world;

use service_world::World;

/// What these tests are about, beside stacks and who passes roles.
const PATCHES: [&str; 6] =
    ["leading_keys", "parameter_names", "service_calls", "function_logs", "function_urls", "stack_conditions"];

/// All on one cloud: none of these gaps hides another.
#[tokio::test]
async fn without_the_patches_each_gap_shows() {
    let world = World::start(&PATCHES).await;
    leading_keys::no_request_has_a_key(&world).await;
    parameter_names::nobody_may_read_one(&world).await;
    stack_conditions::no_request_tells_the_change_set(&world).await;
    alarms::every_topic_is_told(&world).await;
    apis::every_function_answers(&world).await;
    destinations::every_event_is_passed_on(&world).await;
    function_urls::every_function_is_reached(&world).await;
    logs::every_line_is_kept(&world).await;
    logs::a_log_stream_is_not_of_its_group(&world).await;
    rules::every_target_is_reached(&world).await;
    schedules::every_function_is_called(&world).await;
}
