"""Runs the `*.guard` rules, by AWS's own engine (cfn-guard), over many templates at once."""

import json
import os
import pathlib
import re
import subprocess

from policy import Finding

RULES = sorted(pathlib.Path(__file__).parent.glob("*.guard"))


TEXTS = [rule.read_text() for rule in RULES]
# A template is mostly what no such rule speaks of.
KINDS = set(re.findall(r"'(AWS::[A-Za-z0-9:]+)'", "".join(TEXTS)))


def check(templates):
    """The findings in each of these templates."""
    parts = [json.dumps(part(template), sort_keys=True) for template in templates]
    different = list(dict.fromkeys(parts))
    reports = dict(zip(different, run(different), strict=True))
    return [list(findings(reports[text])) for text in parts]


def part(template):
    resources = {name: resource for name, resource in template["Resources"].items() if resource["Type"] in KINDS}
    return {"Parameters": template["Parameters"], "Resources": resources}


def run(data):
    """What each of these fails."""
    command = [
        os.environ.get("CFN_GUARD", "cfn-guard"),
        "validate",
        "--payload",
        "--structured",
        "--show-summary",
        "none",
    ]
    payload = json.dumps({"rules": TEXTS, "data": data})
    done = subprocess.run([*command, "--output-format", "json"], input=payload, capture_output=True, text=True)
    # 19: some rule failed. All else but 0 means that none was checked.
    if done.returncode not in (0, 19):
        raise SystemExit(f"cfn-guard failed with {done.returncode}: {done.stderr}")
    reports = {report["name"]: report["not_compliant"] for report in json.loads(done.stdout)}
    return [reports[f"DATA_STDIN[{number}]"] for number in range(1, len(data) + 1)]


def findings(not_compliant):
    for failed in not_compliant:
        for message, path in clauses(failed["Rule"]["checks"]):
            _, section, name, *rest = path.split("/")
            yield Finding(failed["Rule"]["name"], name, "/".join(rest) or section, message)


def clauses(node, message=None):
    """What a failed rule says to do, and where: its parts are nested, and the innermost says it."""
    if isinstance(node, list):
        for item in node:
            yield from clauses(item, message)
    elif isinstance(node, dict):
        message = (node.get("messages") or {}).get("custom_message") or message
        if "path" in node and "value" in node and node["path"]:
            yield (message or "see the rule").strip(), node["path"]
            return
        for key, item in node.items():
            if key not in ("messages", "to", "comparison"):
                yield from clauses(item, message)
