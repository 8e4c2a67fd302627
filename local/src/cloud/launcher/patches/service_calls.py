"""What services do by themselves: rules and schedules start things, alarms publish, functions write logs, each by a role or a resource's policy."""


def apply(settings):
    """Gap: not closed yet."""
