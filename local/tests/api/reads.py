"""Whatever can be read about a pipeline, compared with botocore's model: `python reads.py PIPELINE`."""

import sys

from service import call


def everything(operation, member, **request):
    """All items, page by page as small as a page can be."""
    items, token = [], {}
    while token is not None:
        page = call(operation, **request, **token)
        items += page[member]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
    return items


def read(name):
    """Every answer about the pipeline and its executions, by operation. Each is as the model has it."""
    of = {"pipelineName": name}
    listed = everything("ListPipelineExecutions", "pipelineExecutionSummaries", **of)
    pipeline = call("GetPipeline", name=name)
    arn = pipeline["metadata"]["pipelineArn"]
    return {
        "ListPipelines": everything("ListPipelines", "pipelines"),
        "GetPipeline": pipeline,
        "GetPipelineState": call("GetPipelineState", name=name),
        "ListPipelineExecutions": listed,
        "GetPipelineExecution": [
            call("GetPipelineExecution", **of, pipelineExecutionId=one["pipelineExecutionId"])["pipelineExecution"]
            for one in listed
        ],
        "ListActionExecutions": everything("ListActionExecutions", "actionExecutionDetails", **of, maxResults=2),
        "ListRuleExecutions": everything("ListRuleExecutions", "ruleExecutionDetails", **of, maxResults=1),
        "ListTagsForResource": everything("ListTagsForResource", "tags", resourceArn=arn),
    }


if __name__ == "__main__":
    read(sys.argv[1])
