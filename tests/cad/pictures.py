"""Pictures of lesions, as files of every kind that is read."""

import io
from typing import Any

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, VLPhotographicImageStorage, generate_uid

from tests.robustness.conftest import lesion

# Files with values that the standard forbids are written too: there are such.
pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE

PATIENT_NAME = "Doe^Jane"


def encoded(image: np.ndarray, kind: str, **options: Any) -> bytes:
    held = io.BytesIO()
    Image.fromarray(image).save(held, kind, **options)
    return held.getvalue()


def jpeg(number: int = 1, side: int = 300, **options: Any) -> bytes:
    return encoded(lesion(number, side), "JPEG", **options)


def dicom(image: np.ndarray, *, jpeg: bool = False, **elements: Any) -> bytes:
    """A DICOM file of a photograph: uint8 or uint16 [height, width] or [height, width, 3]."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = VLPhotographicImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = JPEGBaseline8Bit if jpeg else ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = PATIENT_NAME, "id-4711", "19700101"
    dataset.Rows, dataset.Columns = image.shape[:2]
    dataset.SamplesPerPixel = image.shape[2] if image.ndim == 3 else 1
    dataset.PhotometricInterpretation = "RGB" if image.ndim == 3 else "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * image.itemsize
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
    if image.ndim == 3:
        dataset.PlanarConfiguration = 0
    if jpeg:
        dataset.PhotometricInterpretation = "YBR_FULL_422"
        dataset.PixelData = encapsulate([encoded(image, "JPEG", quality=95)])
        dataset["PixelData"].VR = "OB"
    else:
        dataset.PixelData = image.tobytes()
        dataset["PixelData"].VR = "OB" if image.itemsize == 1 else "OW"
    for name, value in elements.items():
        setattr(dataset, name, value)
    held = io.BytesIO()
    pydicom.dcmwrite(held, dataset, enforce_file_format=True)
    return held.getvalue()
