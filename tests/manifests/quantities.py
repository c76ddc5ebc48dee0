"""Kubernetes' quantities as numbers."""

_SUFFIXES = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(text: str | int) -> float:
    """Of cores, or of bytes.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    number = str(text).rstrip("kmKMGTi")
    return float(number) * _SUFFIXES[str(text)[len(number) :]]
