"""Ways to change a pipeline of a template, in place; each gives a function that does it. Unless it is named, it is the
release's."""

import copy

from changes import properties


RELEASE = "Pipeline"


def stages(template, of=RELEASE):
    return properties(template, of)["Stages"]


def actions(template, name, of):
    [found] = [stage["Actions"] for stage in stages(template, of) if stage["Name"] == name]
    return found


def place(template, stage, name, of):
    """Where an action is; one that stands under a condition counts as it."""
    [found] = [index for index, one in enumerate(actions(template, stage, of)) if itself(one).get("Name") == name]
    return found


def itself(action):
    return action["Fn::If"][1] if "Fn::If" in action else action


def changed(stage, name, how, of):
    """An action of its own, where several were written once, changed so."""

    def change(template):
        among, index = actions(template, stage, of), place(template, stage, name, of)
        among[index] = copy.deepcopy(among[index])
        how(itself(among[index]))

    return change


def action(stage, name, *path, to, of=RELEASE):
    """Sets what is at this path of an action."""

    def how(found):
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = to

    return changed(stage, name, how, of)


def moved(stage, name, order=None, out=False, of=RELEASE):
    """Runs an action at another time, or not at all."""

    def change(template):
        del actions(template, stage, of)[place(template, stage, name, of)]

    return change if out else action(stage, name, "RunOrder", to=order, of=of)


def added(stage, of=RELEASE, **given):
    """Runs one action more."""

    def change(template):
        actions(template, stage, of).append(given)

    return change


def stage(name, after=None, out=False):
    """Puts a stage elsewhere, or nowhere."""

    def change(template):
        all_of_them = stages(template)
        names = [one["Name"] for one in all_of_them]
        taken = all_of_them.pop(names.index(name))
        names.remove(name)
        if not out:
            all_of_them.insert(names.index(after) + 1, taken)

    return change


def retold(stage, name, old, new, of=RELEASE):
    """Tells an action's function something else."""

    def how(found):
        found["Configuration"] = replaced(found["Configuration"], old, new)

    return changed(stage, name, how, of)


def replaced(value, old, new):
    if isinstance(value, dict):
        return {key: replaced(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, old, new) for item in value]
    return value.replace(old, new) if isinstance(value, str) else value
