"""What is to be converted: the ensemble, its members and the records, read and checked against each other."""

import re
from dataclasses import dataclass
from pathlib import Path

from components.common.ensemble import METHODS, Ensemble, read_ensemble
from components.common.errors import DataError
from components.common.member import MODEL_FILE, Member, read_member
from components.common.records import Summary, read_summary

# Members' names become file names.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Inputs:
    """An ensemble with all that belongs to it."""

    ensemble: Ensemble
    members: list[Member]
    """In the ensemble's order."""
    models: list[Path]
    """The members' `model.keras`."""
    records: Path
    summary: Summary
    """Of the records."""

    @property
    def crops(self) -> list[int]:
        """The members' distinct crop sizes, rising."""
        return sorted({member.crop for member in self.members})


def read_inputs(ensemble: Path, members: list[Path], records: Path) -> Inputs:
    """Read all inputs and check that they belong together, before long work starts.

    Args:
        ensemble: folder written by evaluate.
        members: folders written by train, in the ensemble's order.
        records: folder written by preprocess.

    Raises:
        StorageError: a description is absent or not JSON.
        DataError: a model is absent, or the inputs do not belong together.
    """
    fitted, summary = read_ensemble(ensemble), read_summary(records)
    trained = [_read_member(folder) for folder in members]
    if fitted.method not in METHODS:
        raise DataError(f"the ensemble's method must be one of {', '.join(METHODS)}, not {fitted.method!r}")
    _check_order(fitted, trained, members)
    for member in trained:
        _check_records(member, records, summary)
    for split, purpose in (("test", "compare on"), ("train", "calibrate int8 on")):
        if not sum(summary.counts.get(split, {}).values()):
            raise DataError(f"{records} has no {split} images to {purpose}: give ingest more data")
    if fitted.fingerprint != summary.fingerprint:
        raise DataError(f"the ensemble in {ensemble} was fitted on other records than {records}: run evaluate again")
    return Inputs(fitted, trained, [folder / MODEL_FILE for folder in members], records, summary)


def _read_member(folder: Path) -> Member:
    if not folder.is_dir():
        raise DataError(f"no member in {folder}: there is no such folder; give the folder that train wrote")
    if not (folder / MODEL_FILE).is_file():
        raise DataError(f"the member in {folder} has no {MODEL_FILE}: run train again")
    member = read_member(folder)
    if not _NAME.fullmatch(member.name):
        raise DataError(f"the member's name {member.name!r} ({folder}) must be letters, digits, '.', '_' and '-'")
    return member


def _check_order(ensemble: Ensemble, members: list[Member], folders: list[Path]) -> None:
    names = [member.name for member in members]
    if len(set(names)) != len(names):
        raise DataError(f"the members' names must differ, but are {', '.join(names)}")
    if names != ensemble.members:
        raise DataError(
            f"the members are {', '.join(names)} ({', '.join(map(str, folders))}), but the ensemble was fitted with "
            f"{', '.join(ensemble.members)}: give these, in this order"
        )


def _check_records(member: Member, records: Path, summary: Summary) -> None:
    if member.records_fingerprint != summary.fingerprint:
        raise DataError(f"{member.name} was trained on other records than {records}: run train again")
    if member.crop not in summary.crops:
        raise DataError(f"{member.name} needs pictures of {member.crop} px, {records} has {summary.crops}")
