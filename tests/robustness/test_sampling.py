"""Which images are drawn."""

from collections import Counter

from components.robustness.sampling import choose

LABELS = {f"ISIC_{number}": 0 if number < 700 else 1 if number < 990 else 2 for number in range(1000)}


def drawn(images: int, seed: int = 0) -> Counter[int]:
    return Counter(LABELS[name] for name in choose(LABELS, images, seed))


def test_each_class_gives_its_share() -> None:
    assert drawn(100) == {0: 70, 1: 29, 2: 1}


def test_a_rare_class_is_drawn_even_from_few() -> None:
    assert set(drawn(3)) == {0, 1, 2}


def test_no_more_are_drawn_than_there_are() -> None:
    assert choose(LABELS, 5000, 0) == set(LABELS)


def test_the_draw_depends_on_names_and_seed_and_not_on_the_order() -> None:
    backwards = dict(reversed(LABELS.items()))
    assert choose(LABELS, 50, 1) == choose(backwards, 50, 1)
    assert choose(LABELS, 50, 1) != choose(LABELS, 50, 2)


def test_a_larger_draw_holds_the_smaller_one() -> None:
    assert choose(LABELS, 50, 1) < choose(LABELS, 80, 1)
