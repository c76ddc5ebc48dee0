"""The nine diagnostic classes.

The classes are those of ISIC 2019 plus UNK, as the SIIM-ISIC 2020 winners pose the problem (arXiv 2010.05351). Their
order here is the order of every probability vector, confusion matrix and model output in this project.
"""

CLASSES: tuple[str, ...] = ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC", "UNK")

CLASS_NAMES: dict[str, str] = {
    "MEL": "melanoma",
    "NV": "melanocytic nevus",
    "BCC": "basal cell carcinoma",
    "AK": "actinic keratosis",
    "BKL": "benign keratosis",
    "DF": "dermatofibroma",
    "VASC": "vascular lesion",
    "SCC": "squamous cell carcinoma",
    "UNK": "unknown (mostly: 2020, benign, not specified)",
}

# AK is pre-malignant and reported apart: it counts as benign in the binary outcome.
MALIGNANT: frozenset[str] = frozenset({"MEL", "BCC", "SCC"})

CLASS_INDEX: dict[str, int] = {name: index for index, name in enumerate(CLASSES)}
MALIGNANT_INDEXES: tuple[int, ...] = tuple(CLASS_INDEX[name] for name in CLASSES if name in MALIGNANT)

SPLITS: tuple[str, ...] = ("train", "validation", "test")
"""Train to learn from; validation to search, calibrate and fit the ensemble on; test to judge."""
