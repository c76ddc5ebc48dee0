"""The train stage."""

import time

STARTED = time.monotonic()
"""When the stage began, before it imported TensorFlow."""
