"""Reading what a caller sends: bounded in bytes and time, in memory alone.

File names are never looked at, and nothing is spooled to the disk.
"""

import base64
import binascii
import re
from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from components.cad.arrivals import Arrival
from components.cad.lesions import Lesion, age_of, lesion_id_of, sex_of, site_of
from components.cad.problems import ProblemError, described
from components.cad.schemas import LesionIn
from components.cad.settings import Limits

MULTIPART, JSON, OCTETS = "multipart/form-data", "application/json", "application/octet-stream"

FIELDS = ("age", "sex", "site", "lesion_id")
IMAGE = "image"

_MOST_FIELDS = 16
_LONGEST_FIELD = 1000

_DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w.+=-]+)*;base64,")

B = TypeVar("B", bound=BaseModel)


class _InMemory(MultiPartParser):
    """Starlette's, which would put files beyond a megabyte on the disk."""

    spool_max_size = 1 << 40


def media_type(request: Request) -> str:
    """The type of a request's body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def wrong_media_type(request: Request, *expected: str) -> ProblemError:
    """That the body is of a type that this path does not read."""
    found = media_type(request) or "none"
    return ProblemError("unsupported_media_type", f"the body must be {' or '.join(expected)}, not {found}")


async def read_body(request: Request, limits: Limits, arrival: Arrival) -> bytes:
    """A request's body.

    Raises:
        ProblemError: it is too large, or too slow.
    """
    return b"".join([chunk async for chunk in _bounded(request, limits, arrival)])


async def read_form(request: Request, limits: Limits, arrival: Arrival) -> Lesion:
    """A lesion as a form: one or several files `image`, and the fields `FIELDS`.

    Raises:
        ProblemError: the form is malformed, lacks an image, or has too much of something.
    """
    parser = _InMemory(
        request.headers,
        _bounded(request, limits, arrival),
        max_files=limits.images,
        max_fields=_MOST_FIELDS,
        max_part_size=_LONGEST_FIELD,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        code = "too_many_images" if error.message.startswith("Too many files") else "malformed_request"
        raise ProblemError(code, f"the form cannot be read: {error.message}") from error
    except (ValueError, KeyError) as error:  # what python-multipart lets through
        raise ProblemError("malformed_request", "the form cannot be read: it is no multipart/form-data") from error
    try:
        return await _lesion(form, limits)
    finally:
        await form.close()


def parse_json(data: bytes, kind: type[B]) -> B:
    """Read a JSON body.

    Raises:
        ProblemError: it is not JSON, or not of that kind.
    """
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        malformed = any(one["type"] == "json_invalid" for one in error.errors(include_input=False))
        raise ProblemError(
            "malformed_request" if malformed else "invalid_field", described(error.errors(include_input=False))
        ) from None


def lesion_of(given: LesionIn, limits: Limits) -> Lesion:
    """A lesion as JSON.

    Raises:
        ProblemError: an image is not base64, or there are too many or too large ones, or a field is out of its range.
    """
    images = [_decoded(text, index, limits) for index, text in enumerate(given.images)]
    _check_images(images, limits)
    return Lesion(
        tuple(images), age_of(given.age), sex_of(given.sex), site_of(given.site), lesion_id_of(given.lesion_id)
    )


async def _bounded(request: Request, limits: Limits, arrival: Arrival) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > limits.body_bytes:
        raise _too_large(limits)
    stream = request.stream()
    while True:
        try:
            chunk = await arrival.next(stream)
        except ClientDisconnect as error:
            raise ProblemError("malformed_request", "the body ended before its end") from error
        if chunk is None:
            return
        if arrival.size > limits.body_bytes:
            raise _too_large(limits)
        yield chunk


def _too_large(limits: Limits) -> ProblemError:
    detail = f"a request may have {limits.body_bytes:,} bytes at most"
    return ProblemError("request_too_large", detail, {"Connection": "close"})


async def _lesion(form: FormData, limits: Limits) -> Lesion:
    if unknown := sorted(set(form) - {IMAGE, *FIELDS}):
        raise ProblemError(
            "invalid_field", f"there is no field {unknown[0][:40]!r}; the fields are {IMAGE}, {', '.join(FIELDS)}"
        )
    files = form.getlist(IMAGE)
    if any(isinstance(file, str) for file in files):
        raise ProblemError("invalid_field", f"{IMAGE} must be a file: its part needs a filename")
    images = [await file.read() for file in files if isinstance(file, UploadFile)]
    _check_images(images, limits)
    fields = {field: _text(form, field) for field in FIELDS}
    return Lesion(
        tuple(images),
        age_of(fields["age"]),
        sex_of(fields["sex"]),
        site_of(fields["site"]),
        lesion_id_of(fields["lesion_id"]),
    )


def _text(form: FormData, field: str) -> str:
    values = form.getlist(field)
    if len(values) > 1 or any(not isinstance(value, str) for value in values):
        raise ProblemError("invalid_field", f"{field} must be one text")
    return str(values[0]).strip() if values else ""


def _check_images(images: Sequence[bytes], limits: Limits) -> None:
    if not images:
        raise ProblemError("no_image", f"send one or several images of the lesion as {IMAGE}")
    if len(images) > limits.images:
        raise ProblemError("too_many_images", f"there are {len(images)} images; {limits.images} of a lesion are read")
    for index, image in enumerate(images):
        if len(image) > limits.image_bytes:
            raise ProblemError(
                "image_too_large", f"image {index} has {len(image):,} bytes, more than {limits.image_bytes:,}"
            )


def _decoded(text: str, index: int, limits: Limits) -> bytes:
    body = text[match.end() :] if (match := _DATA_URL.match(text)) else text
    if len(body) > limits.image_bytes * 4 / 3 + 4:
        raise ProblemError("image_too_large", f"image {index} has more than {limits.image_bytes:,} bytes")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProblemError("invalid_field", f"image {index} is not base64: {error}") from None
