"""Registrations in processes of their own, which die by SIGKILL where they are told to.

They are forked: MLflow takes seconds to import. So the parent must not have opened the SQLite file that they write.
"""

import multiprocessing
import os
import signal
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from typing import Any, ClassVar

import requests

from components.common.registry_address import parse_address
from components.register.candidate import Candidate
from components.register.mlflow_registry import MlflowRegistry
from components.register.registration import register
from components.register.registry import Version
from tests.register.conftest import RULES

context = multiprocessing.get_context("fork")


def start(
    address: str, name: str, candidate: Candidate, *, dies_after: str = "", barrier: Barrier | None = None
) -> BaseProcess:
    """Begin to register a model.

    Args:
        address: of the registry.
        name: of the registered model.
        candidate: to be registered.
        dies_after: part of the request, "METHOD URL body", upon whose answer the process kills itself; empty: it lives.
        barrier: waited at just before the alias is decided on.
    """
    process = context.Process(target=_register, args=(address, name, candidate, dies_after, barrier))
    process.start()
    return process


def _register(address: str, name: str, candidate: Candidate, dies_after: str, barrier: Barrier | None) -> None:
    if dies_after:
        _die_after(dies_after)
    kind = _Waiting if barrier else MlflowRegistry
    _Waiting.barrier = barrier
    register(kind(parse_address(address)), name, candidate, RULES)


def _die_after(part: str) -> None:
    send = requests.Session.send

    def sending(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        answer = send(self, request, **options)
        body = request.body if isinstance(request.body, str | bytes) else ""
        if part in f"{request.method} {request.url} {body!r}":
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    requests.Session.send = sending


class _Waiting(MlflowRegistry):
    """A registry whose client waits for the other one before it first looks what there is, and who is champion."""

    barrier: Barrier | None = None
    waited: ClassVar[list[str]] = []  # each process has its own

    def versions(self, name: str, tags: Mapping[str, str]) -> list[Version]:
        found = super().versions(name, tags)
        self._wait("versions")
        return found

    def holder(self, name: str, alias: str) -> Version | None:
        found = super().holder(name, alias)
        self._wait("holder")
        return found

    def _wait(self, where: str) -> None:
        if self.barrier and where not in self.waited:
            self.waited.append(where)
            self.barrier.wait(timeout=60)
