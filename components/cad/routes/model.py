"""GET /v1/model."""

from fastapi import APIRouter

from components.cad.problems import documented
from components.cad.schemas import (
    ClassOut,
    LimitsOut,
    MemberDescriptionOut,
    ModelDescriptionOut,
    ThresholdsOut,
)
from components.cad.service import Served
from components.cad.settings import Limits
from components.cad.state import Shared
from components.common.demographics import SEXES, SITES
from components.common.taxonomy import CLASS_NAMES, CLASSES, MALIGNANT

router = APIRouter(prefix="/v1", tags=["model"])

_KINDS = ["JPEG", "PNG", "WebP", "TIFF", "DICOM"]


@router.get(
    "/model",
    summary="The model that answers",
    responses=documented("unauthenticated", "forbidden", "rate_limited", "internal_error", "no_model"),
)
async def model(state: Shared) -> ModelDescriptionOut:
    """Its version, classes, thresholds, model card and figures, and what a request may have."""
    with state.service.using() as served:
        return describe(served, state.settings.limits)


def describe(served: Served, limits: Limits) -> ModelDescriptionOut:
    """All that is told of a served model."""
    described, thresholds = served.model.described, served.model.thresholds
    return ModelDescriptionOut(
        name=served.release.name,
        version=served.release.version,
        digest=served.model.digest,
        classes=[ClassOut(code=code, name=CLASS_NAMES[code], malignant=code in MALIGNANT) for code in CLASSES],
        thresholds=ThresholdsOut(
            malignant=thresholds.malignant,
            abstain=thresholds.abstain,
            out_of_distribution=thresholds.out_of_distribution,
        ),
        members=[
            MemberDescriptionOut(**{key: member.get(key) for key in MemberDescriptionOut.model_fields})
            for member in described["members"]
        ],
        method=described.get("method"),
        inputs=_KINDS,
        sexes=list(SEXES),
        sites=list(SITES),
        limits=LimitsOut(**{key: getattr(limits, key) for key in LimitsOut.model_fields}),
        card=served.card,
        figures=dict(served.release.figures),
    )
