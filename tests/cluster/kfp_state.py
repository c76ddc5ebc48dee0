"""Pipelines, versions, experiments, runs and recurring runs, kept in memory as Kubeflow Pipelines keeps them."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import kfp_server_api

from tests.cluster.kfp_checks import Refused, check_fields, check_package, check_parameters, check_recurring

PAGE = 2
"""Resources on a page, however many the client asks for."""

BEGINNING = datetime(2026, 1, 5, 3, tzinfo=UTC)

Resource = dict[str, Any]
Query = Mapping[str, str]


class KfpState:
    """`multi_user` decides whether namespaces must be given or must not be."""

    def __init__(self, *, multi_user: bool = False) -> None:
        self.multi_user = multi_user
        self.pipelines: list[Resource] = []
        self.versions: list[Resource] = []
        self.experiments: list[Resource] = []
        self.runs: list[Resource] = []
        self.recurring: list[Resource] = []
        self.progress: list[Callable[[Resource], None]] = []
        """What becomes of a run, one step each time that somebody looks at it."""
        self.most_enabled = 0
        """How many recurring runs of one name were ever enabled at once."""
        self.ended_by_deletion: list[str] = []
        """Runs that went on when their recurring run was deleted."""
        self._made = 0

    def create_pipeline(self, body: Resource) -> Resource:
        check_fields(body, kfp_server_api.V2beta1Pipeline)
        self._check_namespace(body.get("namespace"))
        self._check_free(self.pipelines, body["display_name"], namespace=body.get("namespace", ""))
        return self._keep(self.pipelines, "pipeline_id", {"namespace": "", **body})

    def upload_version(self, query: Query, package: bytes) -> Resource:
        self._one(self.pipelines, "pipeline_id", query["pipelineid"])
        self._check_free(self.versions, query["name"], pipeline_id=query["pipelineid"])
        version = {"pipeline_id": query["pipelineid"], "display_name": query["name"], "name": query["name"]}
        return self._keep(self.versions, "pipeline_version_id", {**version, "pipeline_spec": check_package(package)})

    def create_experiment(self, body: Resource) -> Resource:
        check_fields(body, kfp_server_api.V2beta1Experiment)
        self._check_namespace(body.get("namespace"))
        self._check_free(self.experiments, body["display_name"], namespace=body.get("namespace", ""))
        return self._keep(self.experiments, "experiment_id", {"namespace": "", "storage_state": "AVAILABLE", **body})

    def create_run(self, body: Resource) -> Resource:
        check_fields(body, kfp_server_api.V2beta1Run)
        self._check_source(body)
        return self._keep(self.runs, "run_id", {**body, "state": "PENDING", "finished_at": "1970-01-01T00:00:00Z"})

    def create_recurring(self, body: Resource) -> Resource:
        check_recurring(body)
        self._check_source(body)
        status = {"ENABLE": "ENABLED", "DISABLE": "DISABLED"}[body["mode"]]
        numbers = {"max_concurrency": str(body["max_concurrency"])}  # int64 is a text in protobuf's JSON
        kept = self._keep(self.recurring, "recurring_run_id", {**body, **numbers, "status": status})
        self._count_enabled()
        return kept

    def switch(self, recurring_id: str, status: str) -> Resource:
        self._one(self.recurring, "recurring_run_id", recurring_id)["status"] = status
        self._count_enabled()
        return {}

    def delete_recurring(self, recurring_id: str) -> Resource:
        self.recurring.remove(self._one(self.recurring, "recurring_run_id", recurring_id))
        self.ended_by_deletion += [
            run["run_id"]
            for run in self.runs
            if run.get("recurring_run_id") == recurring_id and run["state"] in ("PENDING", "RUNNING")
        ]
        return {}

    def run(self, run_id: str) -> Resource:
        found = self._one(self.runs, "run_id", run_id)
        if self.progress:
            self.progress.pop(0)(found)
        return found

    def version(self, pipeline_id: str, version_id: str) -> Resource:
        found = self._one(self.versions, "pipeline_version_id", version_id)
        if found["pipeline_id"] != pipeline_id:
            raise Refused(404, f"pipeline {pipeline_id} has no version {version_id}")
        return found

    def experiment(self, experiment_id: str) -> Resource:
        return self._one(self.experiments, "experiment_id", experiment_id)

    def page(self, kind: str, query: Query) -> Resource:
        """A list, as the API gives it: `kind` is both the attribute here and the field of the answer."""
        if kind not in ("versions",) and not query.get("experiment_id") and kind != "pipelines":
            self._check_namespace(query.get("namespace"))
        found = [one for one in getattr(self, kind) if _matches(one, query)]
        if query.get("sort_by") == "created_at desc":
            found = sorted(found, key=lambda one: one["created_at"], reverse=True)
        start = int(query.get("page_token") or 0)
        field = {"versions": "pipeline_versions", "recurring": "recurringRuns"}.get(kind, kind)
        following = str(start + PAGE) if start + PAGE < len(found) else ""
        # Protobuf's JSON leaves out what is empty.
        listed = {field: found[start : start + PAGE]} if found else {}
        return {**listed, "total_size": len(found), **({"next_page_token": following} if following else {})}

    def _check_source(self, body: Resource) -> None:
        self.experiment(body["experiment_id"])
        reference = body["pipeline_version_reference"]
        version = self.version(reference["pipeline_id"], reference["pipeline_version_id"])
        check_parameters(version["pipeline_spec"], body.get("runtime_config", {}).get("parameters", {}))

    def _check_namespace(self, namespace: str | None) -> None:
        if self.multi_user and not namespace:
            raise Refused(400, "in multi-user mode, a namespace must be given")
        if not self.multi_user and namespace:
            raise Refused(400, "in single-user mode, no namespace may be given")

    def _check_free(self, listed: list[Resource], name: str, **same: str) -> None:
        if any(one["display_name"] == name and same.items() <= one.items() for one in listed):
            raise Refused(409, f"{name} already exists")

    def _keep(self, listed: list[Resource], key: str, resource: Resource) -> Resource:
        self._made += 1
        made_at = (BEGINNING + timedelta(seconds=self._made)).isoformat().replace("+00:00", "Z")
        listed.append({**resource, key: str(uuid.uuid4()), "created_at": made_at})
        return listed[-1]

    def _one(self, listed: list[Resource], key: str, value: str) -> Resource:
        found = next((one for one in listed if one[key] == value), None)
        if found is None:
            raise Refused(404, f"{key} {value} not found")
        return found

    def _count_enabled(self) -> None:
        enabled = [one["display_name"] for one in self.recurring if one["status"] == "ENABLED"]
        self.most_enabled = max(self.most_enabled, *(enabled.count(name) for name in enabled), 0)


def _matches(one: Resource, query: Query) -> bool:
    for predicate in json.loads(query.get("filter") or "{}").get("predicates", []):
        if predicate["operation"] not in ("EQUALS", 1) or predicate["key"] not in ("display_name", "name"):
            raise Refused(400, f"cannot filter by {predicate}")
        # Capitals and small letters are the same to it, as to newer servers.
        if one[predicate["key"]].lower() != predicate["stringValue"].lower():
            return False
    return all(one.get(key) == query[key] for key in ("pipeline_id", "experiment_id") if query.get(key))
