"""The files that a version holds beside the model."""

from dataclasses import asdict
from pathlib import Path

from components.common.files import write_json, write_text
from components.common.gates import write_gates
from components.common.reference import REFERENCE_FILE, write_reference
from components.register.candidate import Candidate
from components.register.model_card import model_card

PREDICTIONS_FILE = "test_predictions.parquet"
CARD_FILE = "model_card.md"


def write_documents(candidate: Candidate, folder: Path) -> None:
    """Write test predictions, figures and subgroups with intervals, gates, the reference for drift, provenance, and the
    model card.
    """
    candidate.predictions.to_parquet(folder / PREDICTIONS_FILE, index=False)
    candidate.figures.to_csv(folder / "figures.csv", index=False)
    candidate.subgroups.to_csv(folder / "subgroups.csv", index=False)
    write_gates(folder / "gates.json", candidate.gates)
    write_reference(folder / REFERENCE_FILE, candidate.reference)
    write_json(folder / "provenance.json", asdict(candidate.provenance))
    write_text(folder / CARD_FILE, model_card(candidate))
