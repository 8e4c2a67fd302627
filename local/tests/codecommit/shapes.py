"""Reads lines of {"operation", "response"} and complains of every response that CodeCommit's model does not describe."""

import json
import sys

from botocore.session import Session

KINDS = {"string": str, "timestamp": (int, float), "integer": int, "long": int, "boolean": bool, "list": list, "map": dict}


def complaints(shape, value, where):
    if shape.type_name == "structure":
        if not isinstance(value, dict):
            return [f"{where} is no structure"]
        missing = [f"{where}.{name} is missing" for name in shape.required_members if name not in value]
        unknown = [f"{where}.{name} is not in the model" for name in value if name not in shape.members]
        known = [(name, member) for name, member in shape.members.items() if name in value]
        return missing + unknown + [c for name, member in known for c in complaints(member, value[name], f"{where}.{name}")]
    if not isinstance(value, KINDS[shape.type_name]):
        return [f"{where} is no {shape.type_name}: {value!r}"]
    if shape.type_name == "list":
        return [c for item in value for c in complaints(shape.member, item, f"{where}[]")]
    limits = shape.metadata
    if shape.type_name == "string" and not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        return [f"{where} has a wrong length"]
    return []


def main():
    model = Session().get_service_model("codecommit")
    lines = [json.loads(line) for line in sys.stdin]
    found = []
    for line in lines:
        shape = model.operation_model(line["operation"]).output_shape
        found += complaints(shape, line["response"], line["operation"])
    print("\n".join(found) or f"{len(lines)} agree")


main()
