import pytest

from components.cad.settings import Access, CadSettings, Limits
from components.common.errors import SettingsError

TOKEN = "a-token-of-enough-letters"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "cad.example"])
def test_who_listens_to_others_must_ask_who_they_are(host: str) -> None:
    with pytest.raises(SettingsError, match=f"would listen on {host} and ask nobody"):
        Access(host=host)
    assert not Access(host=host, token=TOKEN).open
    assert not Access(host=host, user_header="kubeflow-userid").open


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_on_loopback_nobody_need_be_asked(host: str) -> None:
    assert Access(host=host).open


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (lambda: Access(token="short"), "the token has 5 characters"),
        (lambda: Access(token="with a blank, and long enough"), "ASCII characters without spaces"),
        (lambda: Access(proxies=("10.0.0.1/8",)), "trusted_proxies must be networks"),
        (lambda: Limits(images=0), "images must be positive, not 0"),
        (lambda: Limits(requests_per_minute=-1), "requests_per_minute must be 0 or more"),
        (lambda: Limits(image_pixels=10**9), "image_pixels must be at most 100000000"),
        (lambda: CadSettings("sqlite:///x", batch_size=0), "batch_size must be positive"),
        (lambda: CadSettings("sqlite:///x", cores=-1), "cores must be 0 or more"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(settings: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        settings()  # type: ignore[operator]


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(CadSettings("sqlite:///x", access=Access(token=TOKEN)))
