"""Starts the emulator with the patches that close its gaps, each in a file of its own in `patches`.

FLOWGATE_WITHOUT_PATCH names patches to leave out, separated by commas; the conformance tests use it to see whether each
gap is still there.
"""

import importlib
import os
import sys

# A later one sees a request before an earlier one.
PATCHES = (
    "nagle", "hosts", "missing_code", "asynchronous", "codepipeline", "codecommit", "codeconnections", "events",
    "node_sdk", "undeletable", "bucket_tags", "project_settings", "stack_ids", "stack_facts", "imported_exports",
    "stack_operations", "change_sets", "stack_roles", "drift", "drift_properties", "request_tokens", "sns_subjects",
    "principal_arn", "request_actions", "leading_keys", "bus_conditions", "parameter_names", "parameter_users",
    "pass_role", "stack_conditions", "stack_permissions", "service_calls", "function_logs", "function_answers",
    "function_urls", "authority", "keeping", "guard",
)


def wanted(left_out):
    """The patches to apply, given the value of FLOWGATE_WITHOUT_PATCH."""
    names = {name for name in left_out.split(",") if name}
    if unknown := names.difference(PATCHES):
        sys.exit(f"FLOWGATE_WITHOUT_PATCH names unknown patches: {', '.join(sorted(unknown))}")
    return [name for name in PATCHES if name not in names]


def main():
    # Taken out of the environment, because functions inherit it.
    settings = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("FLOWGATE_")}
    # Not patches to leave out: flowgate knows by one that the emulator is up, and none must be left over.
    for name in ("leash", "usage", *wanted(settings.get("FLOWGATE_WITHOUT_PATCH", ""))):
        importlib.import_module(f"patches.{name}").apply(settings)

    from ministack import app

    app.main()


if __name__ == "__main__":
    main()
