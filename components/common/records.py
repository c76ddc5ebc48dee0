"""The records: cropped images with their labels and demographics, as sharded TFRecord files.

    <records>/records.json                              what they hold: `Summary`
    <records>/<crop>/<split>-00000-of-00004.tfrecord    tf.train.Example messages

Each message holds `image` (JPEG bytes of a crop x crop RGB picture), `image_id` (bytes), `label` (int64, the index in
`taxonomy.CLASSES`) and `demographics` (float32 [demographics.LENGTH], from `demographics.encode`).

The format is TensorFlow's (https://www.tensorflow.org/tutorials/load_data/tfrecord), written and read here with
protobuf and CRC32C alone, so that the stages that do not compute with TensorFlow need not carry it. The `tfrecord`
package would do, but its message types clash with TensorFlow's own where both are imported, and it does not check what
it reads.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from components.common import demographics
from components.common.errors import DataError
from components.common.files import read_json, whole, write_json
from components.common.taxonomy import CLASSES

_CRC_MASK = 0xA282EAD8

# A message stands between its length with a checksum of that, and its own checksum.
LENGTH = struct.Struct("<Q")
CHECKSUM = struct.Struct("<I")
HEADER_BYTES = LENGTH.size + CHECKSUM.size


@dataclass(frozen=True)
class Record:
    """One image, ready for a model."""

    image_id: str
    image: bytes
    """JPEG of a square RGB picture."""
    label: int
    """Index in `taxonomy.CLASSES`."""
    demographics: np.ndarray
    """float32 [demographics.LENGTH]."""


@dataclass(frozen=True)
class Summary:
    """What a folder of records holds."""

    fingerprint: str
    """SHA-256 over the manifest and the settings that the records were made from, and the images that were left out."""
    crops: list[int]
    """Side lengths of the pictures, in pixels."""
    counts: dict[str, dict[str, int]]
    """Number of images for each split and class."""
    classes: list[str]
    demographics: int
    """Length of the demographics vector."""
    preprocessing: str
    """`pictures.PREPROCESSING_VERSION` of the pictures."""

    def images(self, split: str) -> int:
        """Number of images in a split."""
        return sum(self.counts[split].values())


def write_summary(folder: Path, summary: Summary) -> None:
    """Write `records.json`."""
    write_json(folder / "records.json", asdict(summary))


def read_summary(folder: Path) -> Summary:
    """Read `records.json`.

    Raises:
        StorageError: it is absent or not JSON.
        DataError: the records were made for other classes or another demographics encoding.
    """
    try:
        summary = Summary(**read_json(folder / "records.json"))
    except TypeError as error:
        raise DataError(
            f"{folder / 'records.json'} is not a summary of records: {error}; run preprocess again"
        ) from error
    if tuple(summary.classes) != CLASSES or summary.demographics != demographics.LENGTH:
        raise DataError(
            f"the records in {folder} have the classes {summary.classes} and {summary.demographics} demographics "
            f"values, this version has {list(CLASSES)} and {demographics.LENGTH}: run preprocess again"
        )
    return summary


def shard_name(split: str, index: int, count: int) -> str:
    """File name of one shard."""
    return f"{split}-{index:05d}-of-{count:05d}.tfrecord"


def shards(folder: Path, crop: int, split: str) -> list[Path]:
    """The shards of a split at one crop size, in order.

    Raises:
        DataError: there are none, or some are missing.
    """
    found = sorted((folder / str(crop)).glob(f"{split}-*.tfrecord"))
    if not found:
        raise DataError(f"no {split} records of crop {crop} in {folder}; it has: {_crops_in(folder)}")
    expected = int(found[0].stem.rpartition("-")[2])
    if len(found) != expected:
        raise DataError(
            f"{folder / str(crop)} holds {len(found)} of the {expected} shards of {split}: run preprocess again"
        )
    return found


def _crops_in(folder: Path) -> str:
    return ", ".join(sorted(path.name for path in folder.iterdir() if path.is_dir())) or "nothing"


@contextmanager
def shard_writer(path: Path) -> Iterator[Callable[[Record], None]]:
    """Give a function that adds a record to a TFRecord file; no record is kept in memory.

    The file appears when the block ends well, whole or not at all.
    """
    with whole(path) as beside, beside.open("wb") as file:

        def write(record: Record) -> None:
            payload = _example(record).SerializeToString(deterministic=True)
            length = LENGTH.pack(len(payload))
            file.write(length + _masked_crc(length) + payload + _masked_crc(payload))

        yield write


def write_shard(path: Path, records: Iterable[Record]) -> None:
    """Write one TFRecord file, whole or not at all."""
    with shard_writer(path) as write:
        for record in records:
            write(record)


def read_shard(path: Path) -> Iterator[Record]:
    """Read one TFRecord file, record by record.

    Raises:
        DataError: the file is truncated or a checksum does not fit.
    """
    with path.open("rb") as file:
        while header := file.read(HEADER_BYTES):
            packed = header[: LENGTH.size]
            (length,) = LENGTH.unpack(packed) if len(header) == HEADER_BYTES else (0,)
            body = file.read(length + CHECKSUM.size)
            payload, checksum = body[:length], body[length:]
            whole_body = len(body) == length + CHECKSUM.size
            if not whole_body or header[LENGTH.size :] != _masked_crc(packed) or checksum != _masked_crc(payload):
                raise DataError(f"{path} is truncated or damaged near byte {file.tell()}: run preprocess again")
            yield _record(payload)


def _masked_crc(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return CHECKSUM.pack((((crc >> 15) | (crc << 17)) + _CRC_MASK) & 0xFFFFFFFF)


def _example(record: Record) -> Any:
    example = _Example()
    feature = example.features.feature
    feature["image"].bytes_list.value.append(record.image)
    feature["image_id"].bytes_list.value.append(record.image_id.encode())
    feature["label"].int64_list.value.append(record.label)
    feature["demographics"].float_list.value.extend(record.demographics.tolist())
    return example


def _record(payload: bytes) -> Record:
    feature = _Example.FromString(payload).features.feature
    return Record(
        image_id=feature["image_id"].bytes_list.value[0].decode(),
        image=feature["image"].bytes_list.value[0],
        label=feature["label"].int64_list.value[0],
        demographics=np.array(feature["demographics"].float_list.value, np.float32),
    )


def _example_type() -> Any:
    """The message type tf.train.Example, in a pool of its own: TensorFlow puts its own into the default one.

    The fields and their numbers are those of tensorflow/core/example/{example,feature}.proto.
    """
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="tensorflow", syntax="proto3")
    kinds = descriptor_pb2.FieldDescriptorProto

    def message(name: str, **fields: tuple[int, Any, Any, str | None]) -> Any:
        built = file.message_type.add(name=name)
        for field, (number, label, kind, type_name) in fields.items():
            built.field.add(name=field, number=number, label=label, type=kind, type_name=type_name)
        return built

    one, many = kinds.LABEL_OPTIONAL, kinds.LABEL_REPEATED
    message("BytesList", value=(1, many, kinds.TYPE_BYTES, None))
    message("FloatList", value=(1, many, kinds.TYPE_FLOAT, None))
    message("Int64List", value=(1, many, kinds.TYPE_INT64, None))
    feature = message(
        "Feature",
        bytes_list=(1, one, kinds.TYPE_MESSAGE, ".tensorflow.BytesList"),
        float_list=(2, one, kinds.TYPE_MESSAGE, ".tensorflow.FloatList"),
        int64_list=(3, one, kinds.TYPE_MESSAGE, ".tensorflow.Int64List"),
    )
    feature.oneof_decl.add(name="kind")
    for field in feature.field:
        field.oneof_index = 0
    features = message("Features", feature=(1, many, kinds.TYPE_MESSAGE, ".tensorflow.Features.FeatureEntry"))
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=one, type=kinds.TYPE_STRING)
    entry.field.add(name="value", number=2, label=one, type=kinds.TYPE_MESSAGE, type_name=".tensorflow.Feature")
    message("Example", features=(1, one, kinds.TYPE_MESSAGE, ".tensorflow.Features"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.Example"))


_Example = _example_type()
