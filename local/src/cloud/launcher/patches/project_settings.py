"""A CodeBuild project remembers all that our builds go by."""

LOGS, QUEUED = "logsConfig", "queuedTimeoutInMinutes"


def apply(settings):
    """Gap: a project forgets where its builds' logs go, and how long a build may be queued."""
    from ministack.services import codebuild
    from ministack.services.cloudformation import provisioners

    create, update, shape = codebuild._create_project, codebuild._update_project, codebuild._project_shape

    def remembering(change):
        def changed(data):
            answer = change(data)
            if answer[0] < 300:
                keep(data)
            # Its answer was made before that.
            return answer if answer[0] >= 300 else codebuild.json_response({"project": shaped(project(data["name"]))})
        return changed

    def project(name):
        return codebuild._projects[name]

    def keep(data):
        project(data["name"]).update({key: data[key] for key in (LOGS, QUEUED) if key in data})

    def shaped(kept):
        return {**shape(kept), **{key: kept[key] for key in (LOGS, QUEUED) if key in kept}}

    def declared(change):
        def changed(*arguments):
            answer = change(*arguments)
            # Of an update the properties that were come before those that are.
            properties = next(argument for argument in reversed(arguments) if isinstance(argument, dict))
            for key in (LOGS, QUEUED):
                project(answer[0]).pop(key, None)
            keep({"name": answer[0], **of_template(properties, provisioners._pascal_to_camel)})
            return answer
        return changed

    codebuild._create_project, codebuild._update_project = remembering(create), remembering(update)
    codebuild._project_shape = shaped
    handlers = provisioners._RESOURCE_HANDLERS["AWS::CodeBuild::Project"]
    for name in ("create", "update"):
        handlers[name] = declared(handlers[name])


def of_template(properties, camel):
    said = {}
    if "LogsConfig" in properties:
        said[LOGS] = camel(properties["LogsConfig"])
    if "QueuedTimeoutInMinutes" in properties:
        said[QUEUED] = int(properties["QueuedTimeoutInMinutes"])
    return said
