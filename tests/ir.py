"""What a compiled pipeline refers to and nobody defines: KFP's protobufs take any name.

A cluster finds out when the task is to start, hours after the run has begun; resource parameters in a
`dsl.ExitHandler`, `dsl.If` or `dsl.ParallelFor` are compiled so.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

_PLACEHOLDER = re.compile(r"\{\{\$\.inputs\.(parameters|artifacts)\['([^']+)'\]")


def undefined(documents: list[Document]) -> list[str]:
    """Each reference to what is not there, with the graph and the task.

    Args:
        documents: of the compiled YAML: the spec, and the platform's where there is one.
    """
    spec, *platforms = documents
    pods = [platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"] for platform in platforms]
    executors = {label: pod for one in pods for label, pod in one.items()}
    found = [
        f"{graph_name}, {task_name}: {problem}"
        for graph_name, graph in graphs(spec)
        for task_name, task in graph["dag"]["tasks"].items()
        for problem in _of_task(spec, executors, graph, task)
    ]
    used = {component.get("executorLabel") for component in spec["components"].values()}
    return list(dict.fromkeys(found)) + [f"platform: no executor {label}" for label in executors if label not in used]


def graphs(spec: Document) -> Iterator[tuple[str, Document]]:
    yield "root", spec["root"]
    yield from ((name, component) for name, component in spec["components"].items() if "dag" in component)


def _of_task(spec: Document, executors: Document, graph: Document, task: Document) -> Iterator[str]:
    component = spec["components"].get(task["componentRef"]["name"])
    if component is None:
        yield f"no component {task['componentRef']['name']}"
        return
    for other in task.get("dependentTasks", []):
        policy = graph["dag"]["tasks"].get(other, {}).get("triggerPolicy", {})
        if other not in graph["dag"]["tasks"]:
            yield f"no task {other} to wait for"
        elif policy.get("strategy") == "ALL_UPSTREAM_TASKS_COMPLETED":
            # KFP's backend makes a hook of it, which is no task of its workflow (argocompiler/dag.go).
            yield f"{other} is an exit task, for which none can wait"
    inputs = task.get("inputs", {})
    for kind in ("parameters", "artifacts"):
        for source in inputs.get(kind, {}).values():
            yield from _of_source(spec, graph, source)
        for name, definition in component.get("inputDefinitions", {}).get(kind, {}).items():
            if name not in inputs.get(kind, {}) and not definition.get("isOptional"):
                yield f"{kind}: {name} is not given"
    label = component.get("executorLabel", "")
    given = {kind: set(inputs.get(kind, {})) for kind in ("parameters", "artifacts")}
    for kind in given:
        given[kind] |= set(component.get("inputDefinitions", {}).get(kind, {}))
    for text in _texts([spec["deploymentSpec"]["executors"].get(label, {}), inputs]):
        for kind, name in _PLACEHOLDER.findall(text):
            if name not in given[kind]:
                yield f"{kind}: {name} is in a placeholder and no input"
    for source in _sources(executors.get(label, {})):
        yield from _of_source(spec, graph, source)


def _of_source(spec: Document, graph: Document, source: Document) -> Iterator[str]:
    defined = graph.get("inputDefinitions", {})
    for key, kind in (("componentInputParameter", "parameters"), ("componentInputArtifact", "artifacts")):
        if key in source and source[key] not in defined.get(kind, {}):
            yield f"{kind}: the graph has no input {source[key]}"
    for key, kind, output in (
        ("taskOutputParameter", "parameters", "outputParameterKey"),
        ("taskOutputArtifact", "artifacts", "outputArtifactKey"),
    ):
        if key in source:
            yield from _of_output(spec, graph, source[key]["producerTask"], kind, source[key][output])
    if "taskFinalStatus" in source and source["taskFinalStatus"]["producerTask"] not in graph["dag"]["tasks"]:
        yield f"no task {source['taskFinalStatus']['producerTask']} whose status to tell"


def _of_output(spec: Document, graph: Document, producer: str, kind: str, name: str) -> Iterator[str]:
    task = graph["dag"]["tasks"].get(producer)
    if task is None:
        yield f"no task {producer}"
    elif name not in spec["components"][task["componentRef"]["name"]].get("outputDefinitions", {}).get(kind, {}):
        yield f"{kind}: {producer} has no output {name}"


def _sources(value: Any) -> Iterator[Document]:
    """Input specs anywhere in a pod's settings."""
    if isinstance(value, Mapping):
        yield value
        for one in value.values():
            yield from _sources(one)
    elif isinstance(value, list):
        for one in value:
            yield from _sources(one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
