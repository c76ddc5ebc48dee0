"""Pictures for the data card: crops before and after, and what lies in the quarantine."""

import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageFile

from components.common.contact_sheet import SIDE, before_and_after, single
from components.common.errors import DataError, PipelineError
from components.common.pictures import MAXIMUM_PIXELS, decode
from components.common.report import Tile
from components.common.store import MAXIMUM_FILE_BYTES, Store

_BORDERS_SHOWN, _OTHERS_SHOWN, _QUARANTINED_SHOWN = 8, 8, 12

_FORMATS = ("JPEG", "PNG")
_NO_PICTURE = np.full((SIDE, SIDE, 3), 128, np.uint8)


def contact_sheet(images: pd.DataFrame, stores: Sequence[Store]) -> list[Tile]:
    """Pictures before and after cropping: those with the widest borders, then others, always the same ones.

    Args:
        images: columns image_id, data, path, label and border (share of the area).
        stores: where they lie; a picture that cannot be read again is left out.
    """
    digests = images["image_id"].map(lambda name: hashlib.sha256(name.encode()).hexdigest())
    shuffled = images.iloc[np.argsort(digests.to_numpy())]
    widest = shuffled[shuffled["border"] > 0].nlargest(_BORDERS_SHOWN, "border")
    others = shuffled.drop(widest.index).head(_OTHERS_SHOWN)
    tiles = []
    for row in pd.concat([widest, others]).itertuples():
        try:
            picture = decode(_read(row, stores), largest_crop=SIDE)
        except PipelineError:
            continue
        border = f"{row.border:.1%} cut off" if row.border else "no border"
        tiles.append(before_and_after(picture, f"{row.image_id}, {row.label}: {border}"))
    return tiles


def quarantined_pictures(refused: pd.DataFrame, stores: Sequence[Store]) -> list[Tile]:
    """What can be shown of images in the quarantine, some of each reason; grey where nothing can.

    Args:
        refused: `quarantine.COLUMNS`.
        stores: where they lie.
    """
    located = refused[refused["path"] != ""]
    shown = located.assign(turn=located.groupby("reason").cumcount()).sort_values(["turn", "reason"])
    tiles = []
    for row in shown.head(_QUARANTINED_SHOWN).itertuples():
        try:
            picture = _as_far_as_it_goes(_read(row, stores))
        except PipelineError:
            picture = _NO_PICTURE
        tiles.append(single(picture, f"{row.image_id}: {row.reason}"))
    return tiles


def _read(row: Any, stores: Sequence[Store]) -> bytes:
    store = next(store for store in stores if store.uri == row.data)
    if store.state(row.path).size > MAXIMUM_FILE_BYTES:
        raise DataError(f"{row.path} in {row.data} has more than {MAXIMUM_FILE_BYTES:,} bytes")
    return store.read(row.path)


def _as_far_as_it_goes(data: bytes) -> np.ndarray:
    """A small copy of a picture, uint8 [height, width, 3], even of a truncated one; grey where there is none.

    One of more than `MAXIMUM_PIXELS` is grey too, and not decoded.
    """
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            if image.width * image.height > MAXIMUM_PIXELS:
                return _NO_PICTURE
            image.draft("RGB", (SIDE, SIDE))
            image.thumbnail((SIDE, SIDE))
            return np.asarray(image.convert("RGB"))
    except Exception:  # it is in the quarantine for a reason
        return _NO_PICTURE
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient
