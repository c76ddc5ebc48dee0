"""What a caller is told when something is wrong: problem+json (RFC 9457) with a code that stays the same.

https://www.rfc-editor.org/rfc/rfc9457
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"

_LONGEST_DETAIL = 1000

CODES: dict[str, tuple[int, str]] = {
    "malformed_request": (400, "The request is malformed"),
    "unauthenticated": (401, "Who you are is not known"),
    "forbidden": (403, "This is not allowed"),
    "not_found": (404, "There is no such thing here"),
    "method_not_allowed": (405, "This path is not called with this method"),
    "upload_too_slow": (408, "The request took too long to arrive"),
    "request_too_large": (413, "The request is too large"),
    "image_too_large": (413, "An image is too large"),
    "too_many_images": (413, "There are too many images"),
    "unsupported_media_type": (415, "The request is of a type that is not read here"),
    "invalid_field": (422, "A field has a value that it cannot have"),
    "no_image": (422, "There is no image"),
    "not_an_image": (422, "A file is no image that is read here"),
    "too_many_pixels": (422, "An image has too many pixels"),
    "too_few_pixels": (422, "An image has too few pixels"),
    "truncated_image": (422, "An image is cut off"),
    "undecodable_image": (422, "An image is damaged"),
    "rate_limited": (429, "Too many requests from you"),
    "overloaded": (429, "Too many requests at once"),
    "internal_error": (500, "The service failed"),
    "no_model": (503, "No model is loaded"),
    "records_unavailable": (503, "Predictions cannot be recorded"),
    "timeout": (504, "The answer took too long"),
}
"""For each code the status and what it means, in one line."""

_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "request_too_large", 415: "unsupported_media_type"}


class Problem(BaseModel):
    """An error, after RFC 9457."""

    type: str = Field("about:blank", description="no page describes the codes")
    title: str = Field(description="what the code means")
    status: int
    code: str = Field(description="stays the same from version to version", examples=sorted(CODES))
    detail: str = Field(description="what was wrong, what was expected, what to do")
    request_id: str


class ProblemError(Exception):
    """Ends a request with a problem.

    Args:
        code: one of `CODES`.
        detail: what was wrong, what was expected, what to do.
        headers: that the answer is to have.
    """

    def __init__(self, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.headers = code, detail, dict(headers or {})


def response(scope: Scope, code: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that tells a problem; the code is left in the request's scope, to be counted."""
    status, title = CODES[code]
    scope["problem"] = code
    problem = Problem(
        type="about:blank", title=title, status=status, code=code, detail=detail, request_id=scope["request_id"]
    )
    return JSONResponse(problem.model_dump(), status, dict(headers or {}), MEDIA_TYPE)


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for the codes that a path may answer with."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code][0], []).append(code)
    return {
        status: {
            "description": f"{HTTPStatus(int(status)).phrase}: {', '.join(some)}",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, some in by_status.items()
    }


def add_handlers(app: FastAPI) -> None:
    """Make an application tell its errors as problems; what it does not foresee, `Guard` tells."""

    @app.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> JSONResponse:
        return response(request.scope, error.code, error.detail, error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return response(request.scope, "invalid_field", described(error.errors()))

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> JSONResponse:
        code = _BY_STATUS.get(error.status_code, "malformed_request")
        return response(request.scope, code, f"{request.method} {request.url.path}: {error.detail}", error.headers)


def described(errors: Any) -> str:
    """Pydantic's findings as one line; without the values, which may be images."""
    findings = (": ".join(filter(None, (".".join(map(str, error["loc"])), error["msg"]))) for error in errors)
    return "; ".join(findings)[:_LONGEST_DETAIL]
