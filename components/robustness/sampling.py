"""Which test images are corrupted."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from fractions import Fraction


def choose(labels: Mapping[str, int], images: int, seed: int) -> frozenset[str]:
    """Draw images, from each class its share, and at least one of each class if there are as many images to draw.

    Each class's images are put in a random order, in which the k-th of n stands at k/n; those that stand first are
    taken, over all classes. The draw depends on names and seed alone, not on the images' order.

    Args:
        labels: class of each image, by name.
        images: how many to draw.
        seed: of the draw.
    """
    of_class: dict[int, list[str]] = defaultdict(list)
    for name in sorted(labels, key=lambda name: lot(name, seed)):
        of_class[labels[name]].append(name)
    places = {
        name: (Fraction(place, len(names)), lot(name, seed))
        for names in of_class.values()
        for place, name in enumerate(names)
    }
    return frozenset(sorted(labels, key=places.__getitem__)[:images])


def lot(name: str, seed: int) -> bytes:
    """An image's lot: as good as random, and always the same."""
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
