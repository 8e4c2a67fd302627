"""Prints a SAM template as CloudFormation sees it after the transform, which decides no condition.

    expand.py TEMPLATE

The transform does not look into packages, so a folder will do where CloudFormation would insist on an object in S3.
"""

import json
import logging
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


# It has notes on its own metrics only.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


def expand(template):
    with open(template) as file:
        document = yaml_parse(file)
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = {"Bucket": "packages", "Key": properties["CodeUri"]}
    # No managed policies: none is called by its name alone.
    return Translator({}, Parser()).translate(document, {})


if __name__ == "__main__":
    json.dump(expand(*sys.argv[1:]), sys.stdout, indent=2)
