"""Ways to change the pipeline of a template, in place; each gives a function that does it."""

import copy

from changes import properties


def stages(template):
    return properties(template, "Pipeline")["Stages"]


def actions(template, name):
    [found] = [stage["Actions"] for stage in stages(template) if stage["Name"] == name]
    return found


def place(template, stage, name):
    """Where an action is; one that stands under a condition counts as it."""
    [found] = [index for index, one in enumerate(actions(template, stage)) if itself(one).get("Name") == name]
    return found


def itself(action):
    return action["Fn::If"][1] if "Fn::If" in action else action


def changed(stage, name, how):
    """An action of its own, where several were written once, changed so."""

    def change(template):
        among, index = actions(template, stage), place(template, stage, name)
        among[index] = copy.deepcopy(among[index])
        how(itself(among[index]))

    return change


def action(stage, name, *path, to):
    """Sets what is at this path of an action."""

    def how(found):
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = to

    return changed(stage, name, how)


def moved(stage, name, order=None, out=False):
    """Runs an action at another time, or not at all."""

    def change(template):
        del actions(template, stage)[place(template, stage, name)]

    return change if out else action(stage, name, "RunOrder", to=order)


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


def retold(stage, name, old, new):
    """Tells an action's function something else."""

    def how(found):
        found["Configuration"] = replaced(found["Configuration"], old, new)

    return changed(stage, name, how)


def replaced(value, old, new):
    if isinstance(value, dict):
        return {key: replaced(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, old, new) for item in value]
    return value.replace(old, new) if isinstance(value, str) else value
