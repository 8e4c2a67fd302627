"""Every rule finds what breaks it, alone; what it is about, unbroken, passes.

test.py TEMPLATE
"""

import copy
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import access
import check
import guard
from broken import BROKEN, BROKEN_SERVICES
from sample import Sample

# They list what is allowed, and so find much of what others find too.
LISTS = {"callers", "known_types", "one_service", "powers", "testers", "wildcards", "writers"}


def main(template):
    own = check.expand(template)
    cases = [(rule, number, change) for rule, changes in BROKEN.items() for number, change in enumerate(changes, 1)]
    wrong = [f"{rule}: no change breaks it" for rule in rules() - BROKEN.keys()]
    unbroken, *findings = check.check([own, *(broken(own, change) for _, _, change in cases)])
    wrong += [f"unbroken, and yet {finding}" for finding in unbroken]
    for (rule, number, _), found in zip(cases, findings, strict=True):
        if {finding.rule for finding in found} - (LISTS - {rule}) != {rule}:
            wrong.append(f"{rule}, change {number}: found by {sorted({str(finding) for finding in found}) or 'none'}")
    wrong += [*of_services(), *undecided(own)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{len(rules())} rules, {len(cases)} changes that break them, {len(wrong)} not as they should be")
    sys.exit(1 if wrong else 0)


def of_services():
    if missing := {rule.__name__ for rule in access.EVERYWHERE} ^ BROKEN_SERVICES.keys():
        yield f"of services: {', '.join(missing)} have no template that breaks them, or no rule"
    for rule, found in zip(
        BROKEN_SERVICES, check.check(list(BROKEN_SERVICES.values()), access.EVERYWHERE), strict=True
    ):
        if {finding.rule for finding in found} != {rule}:
            yield f"{rule}, of a service: found by {[str(finding) for finding in found] or 'none'}"


def undecided(template):
    """Each condition holds in some deployment that is looked at, and does not in another."""
    for name in template["Conditions"]:
        if len({Sample(template, asked).holds(name) for asked in check.DEPLOYMENTS}) < 2:
            yield f"condition {name}: no deployment of check.py decides it otherwise"


def rules():
    by_guard = {name for file in guard.RULES for name in re.findall(r"^rule (\w+)", file.read_text(), re.MULTILINE)}
    return {rule.__name__ for rule in check.OURS} | by_guard | {"unused_exceptions"}


def broken(template, change):
    changed = copy.deepcopy(template)
    change(changed)
    if changed == template:
        sys.exit("a change changes nothing")
    return changed


main(*sys.argv[1:])
