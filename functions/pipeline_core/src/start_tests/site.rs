//! Where the stage under test is.

use serde::{Deserialize, Serialize};

use crate::ids::{Region, RoleArn};

/// The account and region of the stacks and tests. By default they are the function's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// The role to read the outputs and run the tests as, in its account.
    pub role_arn: Option<RoleArn>,
    /// The region.
    pub region: Option<Region>,
}
