"""Ways to change a template, in place; each gives a function that does it."""

import copy


def properties(template, name):
    return template["Resources"][name]["Properties"]


def documents(template, name):
    """The statements of each policy."""
    given = properties(template, name)
    policies = (policy["Fn::If"][1] if "Fn::If" in policy else policy for policy in given.get("Policies", [given]))
    return [policy["PolicyDocument"]["Statement"] for policy in policies]


def of(template, name, sid):
    """A statement, and those that it stands among."""
    [found] = [
        (statement, among) for among in documents(template, name) for statement in among if statement.get("Sid") == sid
    ]
    return found


def put(name, *path, to):
    """Sets what is at this path of a resource."""

    def change(template):
        place = template["Resources"][name]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def gone(name):
    def change(template):
        del template["Resources"][name]

    return change


def drop(name, *path):
    def change(template):
        place = template["Resources"][name]
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def reword(name, sid, **changes):
    """Replaces parts of a statement; what is None goes."""

    def change(template):
        # Statements that were written once are one object in several roles.
        statement, among = of(template, name, sid)
        changed = {**copy.deepcopy(statement), **changes}
        among[among.index(statement)] = {key: value for key, value in changed.items() if value is not None}

    return change


def also(name, sid="Extra", policy=0, **statement):
    """One statement more."""

    def change(template):
        documents(template, name)[policy].append({"Sid": sid, "Effect": "Allow", **statement})

    return change


def without(name, sid):
    def change(template):
        statement, among = of(template, name, sid)
        among.remove(statement)

    return change


def lacking(name, sid, action):
    def change(template):
        given = of(template, name, sid)[0]["Action"]
        reword(name, sid, Action=[one for one in given if one != action])(template)

    return change


def trusting(name, **changes):
    def change(template):
        document = copy.deepcopy(properties(template, name)["AssumeRolePolicyDocument"])
        document["Statement"][0].update(changes)
        properties(template, name)["AssumeRolePolicyDocument"] = document

    return change


def also_trusting(name, **statement):
    def change(template):
        document = copy.deepcopy(properties(template, name)["AssumeRolePolicyDocument"])
        document["Statement"].append({"Effect": "Allow", "Action": "sts:AssumeRole", **statement})
        properties(template, name)["AssumeRolePolicyDocument"] = document

    return change


def together(*changes):
    def change(template):
        for one in changes:
            one(template)

    return change


def resource(name, kind, **given):
    def change(template):
        template["Resources"][name] = {"Type": kind, "Properties": given}

    return change


def parameter(name, **given):
    def change(template):
        template["Parameters"][name] = {"Type": "String", **given}

    return change


def arn(name):
    return {"Fn::GetAtt": [name, "Arn"]}


def sub(text):
    return {"Fn::Sub": text}


def account(operator="StringEquals"):
    return {operator: {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
