"""The study's Table 1."""

from components.common.member import read_member
from components.evaluate.evaluation import Evaluation
from components.evaluate.tables import markdown, table_1
from tests.evaluate.conftest import Inputs


def test_table_1_reads_as_plain_text_too(inputs: Inputs, evaluation: Evaluation) -> None:
    table = table_1([read_member(folder) for folder in inputs.members], evaluation)
    lines = markdown(table).splitlines()
    assert len({len(line) for line in lines}) == 1
    accuracy = evaluation.judgement.of_data("b1", "test")["accuracy"]
    assert f"{100 * accuracy:.1f} %" in lines[3]
