import io

import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from components.cad.dicom import Found, is_dicom, read
from components.common.pictures import PictureError
from tests.cad.pictures import PATIENT_NAME, dicom, encoded
from tests.robustness.conftest import lesion

PIXELS = 1_000_000


def test_a_file_is_told_by_its_preamble() -> None:
    assert is_dicom(dicom(lesion(1, 32)))
    assert not is_dicom(encoded(lesion(1, 32), "JPEG"))
    assert not is_dicom(b"")


def test_a_photograph_in_colour_is_read_as_it_is() -> None:
    image = lesion(1, 64)

    pixels, _ = read(io.BytesIO(dicom(image)), PIXELS)

    np.testing.assert_array_equal(pixels, image)


def test_a_jpeg_within_is_handed_on() -> None:
    stored, _ = read(io.BytesIO(dicom(lesion(1, 64), jpeg=True)), PIXELS)

    assert isinstance(stored, bytes)
    assert stored.startswith(b"\xff\xd8")


@pytest.mark.parametrize(("interpretation", "darkest"), [("MONOCHROME2", 0), ("MONOCHROME1", 255)])
def test_grey_of_16_bits_fills_the_range(interpretation: str, darkest: int) -> None:
    ramp = np.tile(np.arange(32, dtype=np.uint16) * 100, (32, 1))

    pixels, _ = read(io.BytesIO(dicom(ramp, PhotometricInterpretation=interpretation)), PIXELS)

    assert isinstance(pixels, np.ndarray)
    assert (pixels.shape, pixels.dtype) == ((32, 32, 3), np.uint8)
    assert (pixels[0, 0, 0], pixels[0, -1, 0]) == (darkest, 255 - darkest)


@pytest.mark.parametrize(
    ("elements", "found"),
    [
        ({}, Found(None, None, None)),
        ({"PatientAge": "054Y", "PatientSex": "M", "BodyPartExamined": "THIGH"}, Found(54, "male", "lower extremity")),
        ({"PatientAge": "018M", "PatientSex": "O", "BodyPartExamined": "Head/Neck"}, Found(1.5, None, "head/neck")),
        ({"PatientAge": "999Y", "BodyPartExamined": "MOON"}, Found(None, None, None)),
        ({"PatientAge": "old", "PatientSex": "F"}, Found(None, "female", None)),
    ],
)  # fmt: skip
def test_what_is_said_of_the_patient_is_put_in_this_projects_words(elements: dict[str, str], found: Found) -> None:
    assert read(io.BytesIO(dicom(lesion(1, 32), **elements)), PIXELS)[1] == found


@pytest.mark.parametrize(
    ("elements", "message"),
    [
        ({"NumberOfFrames": 2}, "holds 2 pictures"),
        ({"Rows": 60_000}, "has 32 x 60000 pixels, more than"),
        ({"Rows": 8}, "16 a side is the least"),
        ({"Rows": 16}, "more or fewer pixels than one picture"),
        ({"Rows": 64}, r"cannot be decoded \(ValueError\)"),
        ({"PhotometricInterpretation": "NONSENSE"}, "cannot be decoded"),
    ],
)
def test_what_cannot_be_read_is_refused_and_quotes_nobody(elements: dict[str, object], message: str) -> None:
    with pytest.raises(PictureError, match=message) as refused:
        read(io.BytesIO(dicom(lesion(1, 32), **elements)), PIXELS)

    assert PATIENT_NAME not in str(refused.value)


def test_a_deflated_file_is_refused_before_it_is_inflated() -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom(np.zeros((512, 512), np.uint8))))
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    held = io.BytesIO()
    pydicom.dcmwrite(held, dataset)
    held.seek(0)

    with pytest.raises(PictureError, match="is deflated"):
        read(held, PIXELS)


def test_a_file_without_a_picture_is_refused() -> None:
    dataset = pydicom.dcmread(io.BytesIO(dicom(lesion(1, 32))))
    del dataset.PixelData
    held = io.BytesIO()
    pydicom.dcmwrite(held, dataset)
    held.seek(0)

    with pytest.raises(PictureError, match="holds no picture"):
        read(held, PIXELS)
