"""The ISIC Archive through its own client: a real server in this process answers its paths."""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from components.common.errors import DataError, SettingsError, StorageError
from components.common.storage import open_store
from components.common.store import Store
from components.ingest.images import inspect_images
from components.ingest.isic_archive import Selection, download, parse
from components.ingest.sources import find_sources
from components.ingest.tables import read_tables
from tests.faults import Answer, Fault, FaultyServer, Request, always, every, first_time, healthy, impatient
from tests.gcs import emulated_bucket
from tests.ingest.isic_folder import ids, picture

PAGE = 5
PRIVATE = 66
COLLECTIONS = {70: ids(0, 9), 212: ids(6, 6), PRIVATE: ids(100, 2)}
"""Three images are in two collections."""
PICTURES = {image_id: picture(int(image_id[-7:])) for images in COLLECTIONS.values() for image_id in images}


class Archive:
    """Answers as https://api.isic-archive.com/api/v2 does, as far as isic-cli asks."""

    def __init__(self) -> None:
        self.server = FaultyServer(self.respond)
        self.token = "Bearer good"

    def images_read(self) -> list[str]:
        return [request.path for request in self.server.requests if request.path.startswith("/images/")]

    def respond(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        known = request.headers.get("Authorization") == self.token
        match url.path.strip("/").split("/"):
            case ["api", "v2", "collections", number]:
                shown = int(number) in COLLECTIONS and (int(number) != PRIVATE or known)
                return _json({"id": int(number)} if shown else {"message": "Not found"}, 200 if shown else 404)
            case ["api", "v2", "images", "search"]:
                return self.search(query)
            case ["images", name] if query.get("Signature") == "secret":
                return Answer(200, {}, PICTURES[name.partition(".")[0]])
            case ["oauth", "token"]:
                return _json({"error": "invalid_grant"}, 400)
        return _json({}, 404)

    def search(self, query: dict[str, str]) -> Answer:
        if "(" in query.get("query", ""):
            return _json({"message": "Couldn't parse search query"}, 400)
        found = sorted({i for number in query["collections"].split(",") for i in COLLECTIONS[int(number)]})
        if query.get("query") == 'sex:male AND diagnosis_3:"A & B"':
            found = found[::2]
        start = int(query.get("cursor", 0))
        more = start + PAGE < len(found)
        parameters = f"query={query.get('query', '')}&collections={query['collections']}&cursor={start + PAGE}"
        parameters = parameters.replace("A & B", "A %26 B")
        page = [self.image(image_id) for image_id in found[start : start + PAGE]]
        next_page = f"{self.server.url}/api/v2/images/search/?{parameters}" if more else None
        return _json({"count": len(found), "next": next_page, "results": page})

    def image(self, image_id: str) -> dict[str, object]:
        full = {
            "url": f"{self.server.url}/images/{image_id}.jpg?Signature=secret",
            "size": len(PICTURES[image_id]),
        }
        clinical = {"sex": "male", "age_approx": 50} if int(image_id[-7:]) % 2 else {"diagnosis_1": "Benign, common"}
        return {
            "isic_id": image_id,
            "copyright_license": "CC-0",
            "attribution": "Hospital Clínic",
            "files": {"full": full},
            "metadata": {"acquisition": {"pixels_x": 96}, "clinical": clinical},
        }


def _json(value: object, status: int = 200) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


@pytest.fixture(autouse=True)
def _patience_and_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Little of the one, and an empty other, where isic-cli keeps its login."""
    impatient(monkeypatch)
    monkeypatch.setattr("xdg.BaseDirectory.xdg_data_home", str(tmp_path / "home"))


@pytest.fixture
def archive() -> Iterator[Archive]:
    archive = Archive()
    with archive.server.running():
        yield archive


@pytest.fixture
def place(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "place"), create=True)


def table(store: Store) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(store.read("metadata.csv").decode())))


def pictures(store: Store) -> dict[str, bytes]:
    return {name.removeprefix("images/").removesuffix(".jpg"): store.read(name) for name in store.names("images")}


def test_the_images_of_a_collection_and_what_is_known_of_them_are_brought(archive: Archive, place: Store) -> None:
    download(Selection((70,)), place, archive.server.url)
    assert pictures(place) == {image_id: PICTURES[image_id] for image_id in COLLECTIONS[70]}
    rows = table(place)
    assert [row["isic_id"] for row in rows] == COLLECTIONS[70]
    assert rows[1] == {
        "isic_id": "ISIC_0000001",
        "attribution": "Hospital Clínic",
        "copyright_license": "CC-0",
        "age_approx": "50",
        "diagnosis_1": "",
        "diagnosis_2": "",
        "diagnosis_3": "",
        "pixels_x": "96",
        "sex": "male",
    }
    assert rows[0]["diagnosis_1"] == "Benign, common"


def test_a_selection_without_any_diagnosis_has_all_columns_that_its_mapping_needs(
    archive: Archive, place: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = archive.image
    nothing: dict[str, object] = {"metadata": {"acquisition": {}, "clinical": {}}}
    monkeypatch.setattr(archive, "image", lambda image_id: image(image_id) | nothing)
    download(Selection((70,)), place, archive.server.url)
    (source,) = find_sources([place])
    assert source.data_set.name == "isic-archive"
    assert read_tables([place]).quarantine["reason"].tolist() == ["unknown_diagnosis"] * len(COLLECTIONS[70])


def test_a_png_file_has_the_name_that_its_mapping_expects(
    archive: Archive, place: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    Image.new("RGB", (32, 32)).save(file, "PNG")
    nevus = {"acquisition": {}, "clinical": {"diagnosis_3": "Nevus"}}
    for image_id in COLLECTIONS[212]:
        monkeypatch.setitem(PICTURES, image_id, file.getvalue())
    image = archive.image

    def png(image_id: str) -> dict[str, object]:
        full = {
            "url": f"{archive.server.url}/images/{image_id}.PNG?Signature=secret",
            "size": len(PICTURES[image_id]),
        }
        return image(image_id) | {"files": {"full": full}, "metadata": nevus}

    monkeypatch.setattr(archive, "image", png)
    download(Selection((212,)), place, archive.server.url)
    inspection = inspect_images([place], read_tables([place]).images)
    assert inspection.faults.empty
    assert len(inspection.facts) == len(COLLECTIONS[212])


def test_they_go_into_a_bucket_as_well(archive: Archive) -> None:
    with emulated_bucket({}) as uri:
        place = open_store(f"{uri}/place", create=True)
        download(Selection((212,)), place, archive.server.url)
        assert pictures(place) == {image_id: PICTURES[image_id] for image_id in COLLECTIONS[212]}
        assert len(table(place)) == len(COLLECTIONS[212])


def test_an_image_of_two_collections_is_brought_once(archive: Archive, place: Store) -> None:
    download(Selection((70, 212)), place, archive.server.url)
    assert [row["isic_id"] for row in table(place)] == ids(0, 12)
    assert len(archive.images_read()) == 12


def test_images_are_searched_and_limited(archive: Archive, place: Store) -> None:
    download(Selection((70,), 'sex:male AND diagnosis_3:"A & B"', 3), place, archive.server.url)
    assert [row["isic_id"] for row in table(place)] == COLLECTIONS[70][::2][:3]


def test_images_that_are_there_are_not_read_again(archive: Archive, place: Store) -> None:
    download(Selection((70,), limit=4), place, archive.server.url)
    place.write(f"images/{COLLECTIONS[70][0]}.jpg", b"cut off")
    archive.server.requests.clear()
    download(Selection((70,)), place, archive.server.url)
    assert len(archive.images_read()) == 1 + len(COLLECTIONS[70]) - 4
    assert pictures(place) == {image_id: PICTURES[image_id] for image_id in COLLECTIONS[70]}


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.FLIP])  # no checksum comes with an image
def test_images_arrive_right_over_faults(archive: Archive, place: Store, fault: Fault) -> None:
    plan = first_time(3, fault)
    archive.server.plan = lambda number, request: plan(number, request) if "/images/ISIC" in request.path else None
    if fault is Fault.TRUNCATE:  # as long as the answer says, but not as the archive does
        with pytest.raises(StorageError, match="bytes came instead of"):
            download(Selection((70,)), place, archive.server.url)
        assert "metadata.csv" not in place.names()
        archive.server.plan = healthy
    download(Selection((70,)), place, archive.server.url)
    assert pictures(place) == {image_id: PICTURES[image_id] for image_id in COLLECTIONS[70]}


def test_an_archive_that_fails_now_and_then_is_asked_again(archive: Archive, place: Store) -> None:
    archive.server.plan = every(2, Fault.UNAVAILABLE)
    download(Selection((212,)), place, archive.server.url)
    assert len(table(place)) == len(COLLECTIONS[212])


def test_an_archive_that_is_down_is_an_error_in_time(archive: Archive, place: Store) -> None:
    archive.server.plan = always(Fault.UNAVAILABLE)
    start = time.monotonic()
    with pytest.raises(StorageError, match="the ISIC Archive fails .*503.*start again later"):
        download(Selection((70,)), place, archive.server.url)
    assert time.monotonic() - start < 5


def test_an_archive_that_is_not_there_is_an_error(place: Store) -> None:
    with pytest.raises(StorageError, match="the ISIC Archive does not answer"):
        download(Selection((70,)), place, "http://localhost:9")


def test_an_unknown_or_private_collection_is_an_error_that_says_how_to_log_in(archive: Archive, place: Store) -> None:
    for number in (71, PRIVATE):
        with pytest.raises(SettingsError, match=f"collections/{number}/: HTTP 404.*isic user login"):
            download(Selection((number,)), place, archive.server.url)


def store_login(home: Path, *, seconds: int) -> None:
    """As `isic user login` does."""
    file = home / "girder_cli_oauth_client/localhost/RpCzc4hFjv5gOJdM2DM2nBdokOviOh5ne63Tpn7Q/token.json"
    file.parent.mkdir(parents=True)
    token = {
        "token_type": "Bearer",
        "access_token": "good",
        "refresh_token": "old",
        "expires_at": time.time() + seconds,
    }
    file.write_text(json.dumps(token))


def test_the_login_that_the_client_has_stored_is_used(archive: Archive, place: Store, tmp_path: Path) -> None:
    store_login(tmp_path / "home", seconds=3600)
    download(Selection((PRIVATE,)), place, archive.server.url)
    assert pictures(place).keys() == set(COLLECTIONS[PRIVATE])
    # The images lie elsewhere, where the login is nobody's business.
    assert not any(
        "Authorization" in request.headers for request in archive.server.requests if "/images/I" in request.path
    )


def test_a_login_that_is_no_longer_accepted_is_an_error(archive: Archive, place: Store, tmp_path: Path) -> None:
    store_login(tmp_path / "home", seconds=-3600)
    with pytest.raises(SettingsError, match="not accepted .*invalid_grant.*isic user login"):
        download(Selection((PRIVATE,)), place, archive.server.url)


def test_a_machine_that_can_keep_no_login_sees_what_is_public(archive: Archive, place: Store, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, where a folder should be")
    download(Selection((212,)), place, archive.server.url)
    assert len(table(place)) == len(COLLECTIONS[212])


def test_a_query_that_is_not_understood_is_an_error(archive: Archive, place: Store) -> None:
    with pytest.raises(SettingsError, match="does not understand the query 'sex:\\(': .*parse search query"):
        download(Selection((70,), "sex:("), place, archive.server.url)


def test_no_image_is_an_error(archive: Archive, place: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(COLLECTIONS, 5, [])
    with pytest.raises(DataError, match="no image of the ISIC Archive"):
        download(Selection((5,)), place, archive.server.url)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ({"isic_id": "../../evil", "files": {"full": {"url": "https://x/a.jpg", "size": 1}}}, "'../../evil'"),
        ({"isic_id": "ISIC_0000001", "files": {"full": {"url": "https://x/a.exe", "size": 1}}}, "'.exe'"),
        ({"isic_id": "ISIC_0000001"}, "otherwise than expected"),
    ],
)
def test_records_that_are_not_understood_are_an_error(
    archive: Archive, place: Store, monkeypatch: pytest.MonkeyPatch, image: dict[str, object], message: str
) -> None:
    monkeypatch.setattr(archive, "image", lambda image_id: image)
    with pytest.raises(DataError, match=message):
        download(Selection((70,)), place, archive.server.url)
    assert place.names() == {}


@pytest.mark.parametrize(
    ("uri", "selection"),
    [
        ("isic://collections/70", Selection((70,))),
        ("isic://collections/212+70+70", Selection((70, 212))),
        (
            "isic://collections/70?search=age_approx%3A%5B20%20TO%2040%5D%2C&limit=100",
            Selection((70,), "age_approx:[20 TO 40],", 100),
        ),
        ("isic://collections/70?search=sex:male+AND+age_approx:50", Selection((70,), "sex:male AND age_approx:50")),
    ],
)
def test_an_address_is_understood(uri: str, selection: Selection) -> None:
    assert parse(uri) == selection


@pytest.mark.parametrize(
    "uri",
    [
        "isic://",
        "isic://collections",
        "isic://collections/",
        "isic://collections/a",
        "isic://collections/70/71",
        "isic://images/70",
        "isic://user:secret@collections/70",
        "isic://collections/70?limit=-1",
        "isic://collections/70?limit=all",
        "isic://collections/70?size=3",
        "isic://collections/70?limit=1&limit=2",
    ],
)
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(SettingsError, match="expected isic://collections/<id>"):
        parse(uri)


def test_each_selection_has_a_folder_of_its_own() -> None:
    selections = [Selection((70,)), Selection((70, 212)), Selection((70,), "sex:male"), Selection((70,), limit=5)]
    assert len({selection.folder for selection in selections}) == len(selections)
    assert selections[1].folder == "70+212"
