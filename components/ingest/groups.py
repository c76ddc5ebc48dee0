"""Groups: images that show the same patient or lesion, or are copies of each other, and so must stay in one split."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from components.ingest.near_identical import near_identical_pairs

DOWNSAMPLED = "_downsampled"


@dataclass(frozen=True)
class Groups:
    """The groups, and what made them beyond patients and lesions."""

    names: pd.Series
    """The group of each image, named after its first image_id, in the order and with the index of the table given."""
    near_identical: pd.DataFrame
    """See `near_identical_pairs`."""
    counts: dict[str, int]
    """known_duplicate_pairs, exact_copies, near_identical_pairs, downsampled_twins."""


def group_images(images: pd.DataFrame, known_duplicates: pd.DataFrame) -> Groups:
    """Join images by patient, lesion, known duplicates, equal bytes, near-identical pictures and downsampled twins.

    Args:
        images: columns image_id (unique), patient_id, lesion_id, sha256, phash (hexadecimal, 256 bits): text, or NaN
            where unknown.
        known_duplicates: pairs of image ids (image_id_1, image_id_2), which need not be among the images: two images
            that are each a duplicate of an absent third belong together.
    """
    near = near_identical_pairs(images)
    shared = ("patient_id", "lesion_id", "sha256")
    edges = [
        _edges(images["image_id"], images["image_id"]),
        *(_edges(images["image_id"], f"{column}:" + images[column], images=False) for column in shared),
        _edges(known_duplicates["image_id_1"], known_duplicates["image_id_2"]),
        _edges(near["image_id_1"], near["image_id_2"]),
    ]
    names = _first_of_component(pd.concat(edges, ignore_index=True).dropna(), images["image_id"])
    both_present = known_duplicates.isin(set(images["image_id"])).all(axis=1)
    counts = {
        "known_duplicate_pairs": int(both_present.sum()),
        "exact_copies": int(images["sha256"].dropna().duplicated().sum()),
        "near_identical_pairs": len(near),
        "downsampled_twins": int(_node(images["image_id"]).duplicated().sum()),
    }
    return Groups(names, near, counts)


def _node(image_ids: pd.Series) -> pd.Series:
    """Names of images in the graph: a downsampled twin has its original's."""
    return "image_id:" + image_ids.str.removesuffix(DOWNSAMPLED)


def _edges(one: pd.Series, other: pd.Series, *, images: bool = True) -> pd.DataFrame:
    return pd.DataFrame({"one": _node(one), "other": _node(other) if images else other})


def _first_of_component(edges: pd.DataFrame, image_ids: pd.Series) -> pd.Series:
    codes, nodes = pd.factorize(pd.concat([edges["one"], edges["other"]]))
    one, other = np.split(codes, 2)
    graph = coo_matrix((np.ones(len(edges), np.int8), (one, other)), shape=(len(nodes), len(nodes)))
    _, component = connected_components(graph, directed=False)
    of_images = pd.Series(component[pd.Index(nodes).get_indexer(pd.Index(_node(image_ids)))], image_ids.index)
    return image_ids.groupby(of_images).transform("min").rename("group")
