import dataclasses
from collections.abc import Callable

from components.register.candidate import Candidate
from components.register.model_card import model_card, shortened

Make = Callable[..., Candidate]


def test_the_card_tells_use_gates_figures_subgroups_limits_data_and_origin(candidate: Make) -> None:
    model = candidate(1.0)

    card = model_card(model)

    assert card.startswith(f"# Skin-lesion classifier {model.digest[:12]}\n\n## Intended use\n\nA research model")
    assert "| melanoma sensitivity, test | 0.9 | at least 0.8 | passed |" in card
    assert "| macro AUC | 0.900 (0.850–0.950) |" in card
    assert "| MEL, melanoma | 10 | 0.700 (0.600–0.800) | – | 0.800 (no interval) |" in card
    assert "| sex | male | 50 | 3 | – | – | 0.800 (0.700–0.900) |" in card
    assert "- ISIC 2019: CC BY-NC 4.0" in card
    assert "| NV | 900 | 10 |" in card
    assert "| balanced error, mean over the corruptions | 0.4 |" in card
    assert "| share of the heat map that lies on the lesion | – |" in card
    assert "| B4 | EfficientNetB4 | 768 | 380 |" in card
    assert "| git revision | `0123abc` |" in card


def test_what_is_too_long_is_cut_between_sections(candidate: Make) -> None:
    card = model_card(candidate(1.0))

    short = shortened(card, 1500)

    assert len(short) <= 1500
    assert short.endswith("The rest stands in model_card.md, beside the model.\n")
    assert card.startswith(short.removesuffix("The rest stands in model_card.md, beside the model.\n"))
    assert shortened(card, len(card)) == card


def test_without_subgroups_it_says_so(candidate: Make) -> None:
    model = candidate(1.0)

    assert "No subgroup is known." in model_card(dataclasses.replace(model, subgroups=model.subgroups.head(0)))
