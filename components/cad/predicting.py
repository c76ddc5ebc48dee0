"""From a lesion to an answer: decode, ask the model, average, decide."""

import asyncio
import base64
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from components.cad import schemas
from components.cad.batching import Arrays
from components.cad.deciding import decide
from components.cad.decoding import Picture, decode
from components.cad.lesions import Given, Lesion
from components.cad.metrics import Metrics
from components.cad.problems import ProblemError
from components.cad.service import Served
from components.cad.settings import Limits
from components.common import demographics
from components.common.onnx_ensemble import inputs_of
from components.common.pictures import PictureError
from components.common.taxonomy import CLASSES


@dataclass(frozen=True)
class Asked:
    """A lesion whose pictures are decoded."""

    pictures: tuple[Picture, ...]
    patient: schemas.Patient
    lesion_id: str | None


class Predictor:
    """Answers lesions.

    Args:
        decoders: threads in which pictures are decoded.
        limits: of the pictures.
        metrics: that decoding is timed in.
    """

    def __init__(self, decoders: Executor, limits: Limits, metrics: Metrics) -> None:
        self._decoders, self._limits, self._metrics = decoders, limits, metrics

    async def predict(
        self, served: Served, lesions: Sequence[Lesion], request_ids: Sequence[str], *, heatmaps: bool
    ) -> list[tuple[schemas.PredictionOut, Asked]]:
        """Answer some lesions together.

        Args:
            served: the model.
            lesions: whose number of pictures was checked.
            request_ids: of each lesion.
            heatmaps: whether the answers are to have them.

        Raises:
            ProblemError: a picture cannot be used.
        """
        served.batcher.announce(1)
        try:
            asked = [await self._decoded(served, lesion, number, len(lesions)) for number, lesion in enumerate(lesions)]
        finally:
            served.batcher.announce(-1)
        outputs = await served.run([row for one in asked for row in _rows(one)])
        answers, start = [], 0
        for one, request_id in zip(asked, request_ids, strict=True):
            end = start + len(one.pictures)
            rows = {name: values[start:end] for name, values in outputs.items()}
            answer = answer_of(served, one, rows, request_id, heatmaps=heatmaps)
            answers.append((answer, one))
            start = end
        return answers

    async def _decoded(self, served: Served, lesion: Lesion, number: int, lesions: int) -> Asked:
        loop = asyncio.get_running_loop()
        work = partial(self._decode, crops=served.model.crops)
        found = await asyncio.gather(
            *(loop.run_in_executor(self._decoders, work, data) for data in lesion.images), return_exceptions=True
        )
        pictures = []
        for index, one in enumerate(found):
            if isinstance(one, PictureError):
                of = f" of lesion {number}" if lesions > 1 else ""
                raise ProblemError(one.flaw, f"image {index}{of}: {one}") from one
            if isinstance(one, BaseException):
                raise one
            pictures.append(one)
        return Asked(tuple(pictures), _patient(lesion, pictures), lesion.lesion_id)

    def _decode(self, data: bytes, crops: Sequence[int]) -> Picture:
        began = time.perf_counter()
        picture = decode(data, crops, self._limits.image_pixels)
        self._metrics.decoding.observe(time.perf_counter() - began)
        return picture


def answer_of(
    served: Served, asked: Asked, rows: Mapping[str, np.ndarray], request_id: str, *, heatmaps: bool
) -> schemas.PredictionOut:
    """Put the model's figures for the pictures of one lesion into words.

    Args:
        served: the model.
        asked: the lesion.
        rows: the outputs for its pictures, see `onnx_ensemble.OUTPUTS`.
        request_id: of the answer.
        heatmaps: whether it is to have them.
    """
    apart = rows["member_probabilities"].astype(np.float64).mean(axis=0)
    limits = served.model.thresholds
    decision = decide(rows["probabilities"], rows["out_of_distribution"], limits)
    return schemas.PredictionOut(
        request_id=request_id,
        lesion_id=asked.lesion_id,
        model=schemas.ModelOut(name=served.release.name, version=served.release.version, digest=served.model.digest),
        demographics=asked.patient,
        probabilities=_by_class(decision.probabilities),
        malignant=schemas.MalignantOut(
            probability=decision.malignant_probability,
            threshold=limits.malignant,
            decision="malignant" if decision.malignant else "benign",
        ),
        abstain=decision.abstain,
        out_of_distribution=schemas.OutOfDistributionOut(
            score=decision.out_of_distribution, threshold=limits.out_of_distribution, flag=decision.unusual
        ),
        quality=[
            schemas.QualityOut(image=index, code=flaw.code, message=flaw.message)
            for index, picture in enumerate(asked.pictures)
            for flaw in picture.flaws
        ],
        members=[
            schemas.MemberOut(name=name, probabilities=_by_class(values))
            for name, values in zip(served.model.members, apart, strict=True)
        ],
        images=[_image(index, picture) for index, picture in enumerate(asked.pictures)],
        heatmaps=[_heatmap(index, maps) for index, maps in enumerate(rows["heatmaps"])] if heatmaps else None,
    )


def _rows(asked: Asked) -> list[Arrays]:
    """What the model takes of each picture."""
    patient = demographics.encode(asked.patient.sex, asked.patient.age, asked.patient.site)
    return [inputs_of(picture.crops, patient) for picture in asked.pictures]


def _patient(lesion: Lesion, pictures: Sequence[Picture]) -> schemas.Patient:
    """As the caller says; where the caller says nothing, as the first file that knows."""

    def known(field: str) -> float | str | None:
        given: Given = getattr(lesion, field)
        if given.said:
            return given.value
        told = (getattr(picture.found, field) for picture in pictures if picture.found)
        return next((value for value in told if value is not None), None)

    return schemas.Patient.model_validate({field: known(field) for field in ("age", "sex", "site")})


def _by_class(values: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in zip(CLASSES, values, strict=True)}


def _image(index: int, picture: Picture) -> schemas.ImageOut:
    found = picture.found
    return schemas.ImageOut(
        index=index,
        width=picture.width,
        height=picture.height,
        crop=picture.square,
        demographics_found=schemas.Patient(age=found.age, sex=found.sex, site=found.site) if found else None,
        preview=f"data:image/jpeg;base64,{base64.b64encode(picture.preview).decode()}" if picture.preview else None,
    )


def _heatmap(image: int, maps: np.ndarray) -> schemas.HeatmapOut:
    """Of maps, float32 [9, rows, columns]."""
    rounded = np.round(maps.astype(np.float64), 5).tolist()
    return schemas.HeatmapOut(
        image=image, rows=maps.shape[1], columns=maps.shape[2], classes=dict(zip(CLASSES, rounded, strict=True))
    )
