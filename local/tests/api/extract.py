"""Prints what the API checks requests by: the inputs of the operations that it serves, out of botocore's model.

    python extract.py > local/src/api/model.json

with the Python of the local cloud, whose botocore is pinned. A test compares the two.
"""

import json

from botocore.session import Session

OPERATIONS = (
    "CreatePipeline",
    "DeletePipeline",
    "DeleteWebhook",
    "DisableStageTransition",
    "EnableStageTransition",
    "GetPipeline",
    "GetPipelineExecution",
    "GetPipelineState",
    "ListActionExecutions",
    "ListActionTypes",
    "ListDeployActionExecutionTargets",
    "ListPipelineExecutions",
    "ListPipelines",
    "ListRuleExecutions",
    "ListRuleTypes",
    "ListTagsForResource",
    "ListWebhooks",
    "OverrideStageCondition",
    "PutActionRevision",
    "PutApprovalResult",
    "PutJobFailureResult",
    "PutJobSuccessResult",
    "PutWebhook",
    "RetryStageExecution",
    "RollbackStage",
    "StartPipelineExecution",
    "StopPipelineExecution",
    "TagResource",
    "UntagResource",
    "UpdatePipeline",
)
KEPT = ("type", "required", "enum", "min", "max", "pattern")


def excerpt():
    """{"operations": {name: input shape}, "shapes": {name: shape}}, without documentation."""
    model = Session().get_service_model("codepipeline")
    shapes = Session().get_component("data_loader").load_service_model("codepipeline", "service-2")["shapes"]
    inputs = {name: model.operation_model(name).input_shape.name for name in OPERATIONS}
    kept, todo = {}, list(inputs.values())
    while todo:
        name = todo.pop()
        if name not in kept:
            kept[name], references = prune(shapes[name])
            todo.extend(references)
    return {"operations": inputs, "shapes": kept}


def prune(shape):
    """The shape as far as a check needs it, and the names of the shapes it refers to."""
    pruned = {key: shape[key] for key in KEPT if key in shape}
    members = {name: member["shape"] for name, member in shape.get("members", {}).items()}
    if members:
        pruned["members"] = members
    parts = {part: shape[part]["shape"] for part in ("member", "key", "value") if part in shape}
    return {**pruned, **parts}, [*members.values(), *parts.values()]


def document():
    """The excerpt as text, a line for each operation and shape."""
    groups = (f'"{name}": {{\n{lines(group)}\n}}' for name, group in excerpt().items())
    return "{" + ",\n".join(groups) + "}"


def lines(group):
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(group[name])}" for name in sorted(group))


if __name__ == "__main__":
    print(document())
