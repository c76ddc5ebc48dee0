"""The registry that an address names."""

from components.register.mlflow_registry import MlflowRegistry
from components.register.registry import Registry
from components.register.settings import Address


def connect(address: Address) -> Registry:
    """Open the registry that an address names.

    Raises:
        RegistryError: an embedded registry's file cannot be written.
    """
    return MlflowRegistry(address)
