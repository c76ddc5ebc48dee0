"""Forms that are damaged, or strange: parts, values, boundaries, headers."""

from tests.cad.damage.damaged import BATCH, FEEDBACK, INFER, PREDICT, Damaged, Random, damaged, pick
from tests.cad.damage.pictures import wholes

_BOUNDARY = b"a-boundary"

FORM = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY.decode()}"}


def form_of(parts: list[bytes], end: bytes = b"--") -> bytes:
    """A multipart body."""
    return b"".join(b"--" + _BOUNDARY + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + _BOUNDARY + end + b"\r\n"


def file(data: bytes, name: bytes = b"image", filename: bytes = b"x") -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"; filename="' + filename + b'"\r\n\r\n' + data


def text(name: bytes, value: bytes) -> bytes:
    return b'Content-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value


def _good() -> list[bytes]:
    return [file(wholes()[0]), text(b"age", b"50"), text(b"sex", b"male"), text(b"site", b"torso")]


_VALUES = [
    b"", b" ", b"-1", b"1e400", b"nan", b"inf", b"0x10", b"1_0", b"9" * 900, b"9" * 5000, b"\0", b"\xff\xfe", b"true",
    "\u0665\u0660".encode(), "\U0001f600\u202e".encode(), b"'; DROP TABLE predictions; --", b"../../etc/passwd",
    b"{{7*7}}", b"\r\n\r\n--" + _BOUNDARY, b"unknown", b"[]", b"%00", b"\xed\xa0\x80",
]  # fmt: skip


def damaged_form(random: Random) -> Damaged:
    """A form with something wrong."""
    ways = [_damaged_form, _strange_value, _strange_part, _strange_boundary, _many_parts, _strange_header]
    return pick(random, ways)(random)


def _damaged_form(random: Random) -> Damaged:
    return Damaged("form damaged", damaged(form_of(_good()), random), FORM)


def _strange_value(random: Random) -> Damaged:
    name = pick(random, [b"age", b"sex", b"site", b"lesion_id", b"image", b"other", b"\xff", b""])
    value = pick(random, _VALUES)
    part = text(name, value) if random.random() < 0.7 else file(value, name, value[:50].replace(b"\r\n", b""))
    return Damaged("form: strange value", form_of([*_good()[: random.integers(0, 2)], part]), FORM)


def _strange_part(random: Random) -> Damaged:
    heads = [
        b"", b"\r\n\r\n", b"Content-Disposition: form-data\r\n\r\nx", b"Content-Disposition: attachment\r\n\r\nx",
        b'Content-Disposition: form-data; name=image; filename*=UTF-8\'\'%ff%fe\r\n\r\nx', b"X: " + b"y" * 20_000,
        b'Content-Disposition: form-data; name="image\r\n\r\nx', b"Content-Disposition\r\n\r\nx", b": \r\n\r\nx",
        b'Content-Disposition: form-data; name="age"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+AD4-',
        b'Content-Disposition: form-data; name="age"\r\nContent-Transfer-Encoding: base64\r\n\r\nNTA=',
        *(b"X-%d: y\r\n" % number for number in range(3)), b"".join(b"X-%d: y\r\n" % number for number in range(500)),
    ]  # fmt: skip
    parts = _good()
    parts.insert(random.integers(0, len(parts) + 1), pick(random, heads))
    return Damaged("form: strange part", form_of(parts), FORM)


def _strange_boundary(random: Random) -> Damaged:
    body = form_of(_good(), end=pick(random, [b"--", b"", b"-", b"--" + b"\r\n" * 1000, b"-- trailing"]))
    boundaries = [
        "", "boundary", "boundary=", 'boundary=""', f"boundary={'b' * 5000}", "boundary=a-boundar", "boundary=\t",
        'boundary="a-boundary', f"boundary=other; boundary={_BOUNDARY.decode()}", "boundary*=UTF-8''%61",
        "boundary=\xff", f"boundary={_BOUNDARY.decode()}; charset=utf-16", f"BOUNDARY={_BOUNDARY.decode()}",
    ]  # fmt: skip
    kind = f"multipart/form-data; {pick(random, boundaries)}"
    return Damaged("form: strange boundary", body, {"Content-Type": kind})


def _many_parts(random: Random) -> Damaged:
    count = pick(random, [9, 17, 1000, 10_000])
    one = pick(random, [file(b"", b"image"), text(b"age", b"1"), file(b"x", b"image"), text(b"a", b"")])
    return Damaged("form: many parts", form_of([one] * count), FORM)


def _strange_header(random: Random) -> Damaged:
    kinds = ["", "image/jpeg", "application/x-www-form-urlencoded", "multipart/mixed; boundary=a-boundary", ";", "\xe9",
             "application/json; charset=utf-16", "text/plain", "a" * 5000]  # fmt: skip
    headers = {"Content-Type": pick(random, kinds)}
    if random.random() < 0.5:
        headers |= {
            "Content-Encoding": "gzip",
            "Accept": "\x80",
            "X-Request-ID": "a" * 1000,
            "Accept-Encoding": "x;q=z",
        }
    paths = [
        PREDICT,
        BATCH,
        INFER,
        FEEDBACK,
        "/v1/predict?heatmaps=\x00",
        "/v1/%00/%ff%fe",
        "/v1/predictions/%ed%a0%80/feedback",
    ]
    return Damaged("form: strange header", form_of(_good()), headers, pick(random, paths))
