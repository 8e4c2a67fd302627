"""Node functions find CodePipeline's client, as in AWS's own Node runtimes."""

import json
import pathlib
import tempfile

PACKAGE = "node_modules/@aws-sdk/client-codepipeline"


def apply(settings):
    """Gap: AWS's Node runtimes hold the whole SDK; here a function that does not bundle it cannot settle its job. The
    package is written above the directories that functions are unpacked into, where both `require` and `import` find
    it; a function that bundles the SDK uses its own."""
    from botocore.session import Session

    package = pathlib.Path(tempfile.gettempdir(), PACKAGE)
    package.mkdir(parents=True, exist_ok=True)
    template = pathlib.Path(__file__).with_suffix(".js").read_text()
    operations = Session().get_service_model("codepipeline").operation_names
    commands = [f'exports.{name}Command = command("{name}");' for name in operations]
    (package / "index.js").write_text("\n".join([template, *commands, ""]))
    manifest = {"name": "@aws-sdk/client-codepipeline", "version": "3.0.0", "main": "index.js"}
    (package / "package.json").write_text(json.dumps(manifest))
