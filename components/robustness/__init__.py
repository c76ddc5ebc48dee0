import os

# albumentations asks PyPI for a newer version of itself whenever it is imported; there is none, and pods may have no
# way out. It must be set before.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
