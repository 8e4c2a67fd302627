//! What differs between a stack's resources and its template is found out as on AWS.

mod detection;
mod permissions;
mod properties;
mod services;
pub(crate) mod world;

use crate::world::cloud_without_all;
use world::Detector;

/// What these tests are about.
const PATCHES: [&str; 2] = ["drift", "drift_properties"];

/// All on one cloud: none of these gaps hides another.
#[tokio::test]
async fn without_the_patches_each_gap_shows() {
    let cloud = cloud_without_all(&PATCHES).await;
    let detector = Detector::of(&cloud.sdk_config());
    detection::one_is_complete_when_it_has_begun(&cloud, &detector).await;
    detection::the_drift_of_a_resource_is_not_its_stacks(&cloud, &detector).await;
    properties::nobody_looks_at_policies_apis_and_aliases(&cloud, &detector).await;
}
