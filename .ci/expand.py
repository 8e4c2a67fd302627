"""Prints a SAM template as CloudFormation sees it after the transform, which decides no condition.

    expand.py TEMPLATE

The transform does not look into packages, so a folder will do where CloudFormation would insist on an object in S3.
"""

import json
import sys

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse


def main(template):
    with open(template) as file:
        document = yaml_parse(file)
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = {"Bucket": "packages", "Key": properties["CodeUri"]}
    # No managed policies: none is called by its name alone.
    expanded = Translator({}, Parser()).translate(document, {})
    json.dump(expanded, sys.stdout, indent=2)


main(*sys.argv[1:])
