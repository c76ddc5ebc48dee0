from dataclasses import replace

import numpy as np

from components.local.lesions import TYPICAL
from components.local.photographs import Skin, View, photograph

SKIN = Skin(melanin=0.1, blood=0.2, mottle=0.1, hairs=0, hair_length=1.0)
VIEW = View(
    width=160,
    height=120,
    rotation=0.0,
    zoom=1.0,
    shift=(0.0, 0.0),
    light=(1.0, 1.0, 1.0),
    slope=(0.0, 0.0),
    vignette=0.0,
    frame="none",
    opening=0.95,
    ruler=False,
    grain=0.0,
    seed=0,
)


def take(**changes: object) -> np.ndarray:
    return photograph(TYPICAL["NV"], SKIN, replace(VIEW, **changes)).astype(int)


def test_a_photograph_has_the_size_of_its_view_and_a_lesion_darker_than_the_skin() -> None:
    picture = photograph(TYPICAL["NV"], SKIN, VIEW)
    assert (picture.shape, picture.dtype) == ((120, 160, 3), np.uint8)
    assert picture[55:65, 75:85].mean() < 0.7 * picture[:10, :10].mean()


def test_the_camera_s_shift_moves_the_lesion() -> None:
    moved = take(shift=(0.5, 0.0)).sum((0, 2))
    assert moved[:80].sum() > moved[80:].sum()


def test_a_circle_blackens_the_corners_and_bars_the_sides() -> None:
    circle, bars = take(frame="circle"), take(frame="bars")
    assert circle[0, 0].max() == 0
    assert circle[60, 30].min() > 50
    assert bars[:, 0].max() == 0
    assert bars[0, 80].min() > 50


def test_hairs_a_ruler_and_a_vignette_darken_the_picture() -> None:
    plain = take()
    hairy = photograph(TYPICAL["NV"], replace(SKIN, hairs=20), VIEW).astype(int)
    for darkened in (hairy, take(ruler=True), take(vignette=0.5)):
        assert darkened.sum() < plain.sum()


def test_light_tints_the_picture() -> None:
    assert take(light=(1.0, 1.0, 0.5))[..., 2].mean() < 0.6 * take()[..., 2].mean()


def test_darker_skin_is_darker() -> None:
    dark = photograph(TYPICAL["NV"], replace(SKIN, melanin=1.0), VIEW)
    assert dark.mean() < 0.7 * take().mean()
