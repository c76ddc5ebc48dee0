"""Groups: images that show the same patient or lesion, or are copies of each other, and so must stay in one split."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from components.ingest.near_identical import near_identical_pairs

DOWNSAMPLED = "_downsampled"

_SHARED = ("patient_id", "lesion_id", "sha256")


@dataclass(frozen=True)
class Groups:
    """The groups, and what made them beyond patients and lesions."""

    names: pd.Series
    """The group of each image and each earlier one, by image_id, sorted; a group is named after its first image_id."""
    near_identical: pd.DataFrame
    """See `near_identical_pairs`."""
    counts: dict[str, int]
    """known_duplicate_pairs, exact_copies, near_identical_pairs, downsampled_twins."""


def group_images(images: pd.DataFrame, known_duplicates: pd.DataFrame, more: pd.DataFrame | None = None) -> Groups:
    """Join images by patient, lesion, known duplicates, equal bytes, near-identical pictures and downsampled twins.

    Args:
        images: columns image_id (unique), patient_id, lesion_id, sha256, phash (hexadecimal, 256 bits): text, or NaN
            where unknown.
        known_duplicates: pairs of image ids (image_id_1, image_id_2), which need not be among the images: two images
            that are each a duplicate of an absent third belong together.
        more: what else is known of these and of other images (rows of the same columns, some of which may lack; an
            image may have several): it joins groups too, and is not counted.
    """
    columns = ["image_id", *_SHARED, "phash"]
    known = pd.concat([images] if more is None else [images, more], ignore_index=True)[columns]
    near = near_identical_pairs(known)
    names = _first_of_component(known, pd.concat([known_duplicates, near[list(known_duplicates.columns)]]))
    near = near[_both_in(images["image_id"], near)].reset_index(drop=True)
    counts = {
        "known_duplicate_pairs": sum(_both_in(images["image_id"], known_duplicates)),
        "exact_copies": int(images["sha256"].dropna().duplicated().sum()),
        "near_identical_pairs": len(near),
        "downsampled_twins": int(_stem(images["image_id"]).duplicated().sum()),
    }
    return Groups(names, near, counts)


def _both_in(image_ids: pd.Series, pairs: pd.DataFrame) -> list[bool]:
    present = set(image_ids)
    return [
        one in present and other in present for one, other in zip(pairs["image_id_1"], pairs["image_id_2"], strict=True)
    ]


def _stem(image_ids: pd.Series) -> pd.Series:
    """A downsampled twin has its original's name."""
    return image_ids.str.removesuffix(DOWNSAMPLED)


def _first_of_component(images: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """The first image_id of each image's group, by image_id.

    The graph's nodes are the names of images, and the patients, lesions and contents that they share.
    """
    named = pd.concat([images["image_id"], pairs["image_id_1"], pairs["image_id_2"]])
    codes, names = pd.factorize(_stem(named))
    image, one, other = np.split(codes, [len(images), len(images) + len(pairs)])
    edges = [np.stack([one, other])]
    nodes = len(names)
    for column in _SHARED:
        codes, values = pd.factorize(images[column])
        known = codes >= 0
        edges.append(np.stack([image[known], nodes + codes[known]]))
        nodes += len(values)
    joined = np.concatenate(edges, axis=1)
    graph = coo_matrix((np.ones(joined.shape[1], np.int8), joined), shape=(nodes, nodes))
    _, component = connected_components(graph, directed=False)
    ordered = images["image_id"].drop_duplicates().sort_values()
    _, first, place = np.unique(component[image][ordered.index], return_index=True, return_inverse=True)
    return pd.Series(ordered.to_numpy()[first][place], ordered.to_numpy(), dtype="str", name="group")
