"""EventBridge's condition keys of PutEvents: who may put events of which sources and of which types."""

import json

SOURCE, KIND, BY_A_BUS = "events:source", "events:detail-type", "events:eventBusInvocation"
ENTRIES = "flowgate:entries"


def apply(settings):
    """Gap: no request has the keys, so that nobody may put events whose policy says which."""
    from ministack import app

    if not app.AUTH:
        return
    from ministack.core import iam_actions, iam_evaluator

    context, enforce = iam_actions.request_tag_context, iam_evaluator.enforce

    def with_entries(service, action, body, params):
        keys = context(service, action, body, params)
        return {**keys, ENTRIES: entries(body)} if action == "events:PutEvents" else keys

    def enforce_each(access_key, action, service, region, resource_arn="*", service_context=None):
        known = dict(service_context or {})
        # Each entry is one event, and all of them must be allowed.
        for keys in known.pop(ENTRIES, None) or [{}]:
            refused = enforce(access_key, action, service, region, resource_arn=resource_arn,
                              service_context={**known, **keys})
            if refused:
                return refused
        return None

    iam_actions.request_tag_context, iam_evaluator.enforce = with_entries, enforce_each


def entries(body):
    """The keys of each event that a request puts."""
    try:
        put = json.loads(body or b"{}")["Entries"]
        kinds = sorted({(str(entry.get("Source")), str(entry.get("DetailType"))) for entry in put})
    except (ValueError, TypeError, AttributeError, KeyError):
        # What is malformed is refused by EventBridge itself.
        return []
    return [{SOURCE: source, KIND: kind, BY_A_BUS: "false"} for source, kind in kinds]
