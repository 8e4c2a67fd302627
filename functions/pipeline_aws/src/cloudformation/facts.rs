//! What a description of a stack says, or that it cannot be read: nothing is made up for what is missing (I10).

use aws_sdk_cloudformation::{
    primitives::DateTime,
    types::{self, StackResourceSummary},
};
use jiff::Timestamp;
use pipeline_core::{
    ids::StackArn,
    ports::PortError,
    sweep::stack::{Resource, StackFacts, StackStatus},
};

/// The facts about a stack.
pub(super) fn facts(stack: &types::Stack) -> Result<StackFacts, PortError> {
    let told = stack.stack_id().or(stack.stack_name()).unwrap_or("without a name");
    read(stack).map_err(|detail| PortError::Unavailable { operation: format!("understand stack {told}"), detail })
}

fn read(stack: &types::Stack) -> Result<StackFacts, String> {
    let id: StackArn = stack.stack_id().ok_or("it has no id")?.parse().map_err(|error| format!("its id: {error}"))?;
    let status = stack.stack_status().ok_or("it has no status")?.as_str().to_owned();
    let tags = stack.tags().iter().map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
    Ok(StackFacts {
        id,
        status: StackStatus(status),
        reason: text(stack.stack_status_reason()),
        tags: tags.collect::<Option<_>>().ok_or("it has a tag without key or value")?,
        parent: stack.parent_id().or(stack.root_id()).map(str::to_owned),
        protected: stack.enable_termination_protection(),
        role: stack.role_arn().map(str::to_owned),
        // Where there is none, the SDK puts the epoch.
        created: stack
            .creation_time()
            .filter(|at| at.secs() != 0)
            .map(instant)
            .ok_or("it has no time of creation")??,
        changed: stack.last_updated_time().map(instant).transpose()?,
        exports: stack.outputs().iter().filter_map(|output| output.export_name()).map(str::to_owned).collect(),
    })
}

/// A resource of a stack.
pub(super) fn resource(summary: &StackResourceSummary) -> Resource {
    let told = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Resource {
        logical: told(summary.logical_resource_id()),
        physical: told(summary.physical_resource_id()),
        kind: told(summary.resource_type()),
        status: told(summary.resource_status().map(types::ResourceStatus::as_str)),
        reason: text(summary.resource_status_reason()),
    }
}

fn text(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn instant(time: &DateTime) -> Result<Timestamp, String> {
    Timestamp::from_nanosecond(time.as_nanos()).map_err(|error| format!("its time {time:?}: {error}"))
}
