"""Serve the champion to dermatologists, as a page, and to programs, as a REST API."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

import uvicorn

from components.cad.app import create_app
from components.cad.heads import BoundedHeads
from components.cad.opening import OpeningServer
from components.cad.records.records import open_records
from components.cad.settings import Access, CadSettings, Limits
from components.cad.sources import FolderSource, Source
from components.common.errors import SettingsError, StorageError
from components.common.executor import run_stage

_PORT = 8080
_GRACE_SECONDS = 30

# For how long a thread may keep the interpreter while others wait for it: those that decode would hold up the one that
# speaks to callers. Of 5 ms, Python's own, to 0.1 ms, this gave the most answers a second.
_SWITCH_SECONDS = 0.0005

# Longer than a proxy keeps an idle connection (60 s, usually): closed by both at once, it would cost a request.
_IDLE_SECONDS = 75


def main() -> None:
    args = _arguments()
    access = Access(
        args.host, _token(args.token_file), args.user_header, tuple(args.trusted_proxies or Access().proxies)
    )
    limits = Limits(requests=args.requests, requests_per_minute=args.requests_per_minute)
    settings = CadSettings(
        records=args.records,
        limits=limits,
        access=access,
        cores=args.cores,
        batch_size=args.batch_size,
        poll_seconds=args.poll_seconds,
        keep_images=args.keep_images,
    )
    source = _source(args)
    open_records(args.records).close()  # better one line now than a failure of the server's start
    app = create_app(source, settings)
    sys.setswitchinterval(_SWITCH_SECONDS)
    config = uvicorn.Config(
        app,
        host=args.host,
        port=args.port,
        http=BoundedHeads,
        log_config=None,
        access_log=False,  # `Guard` logs requests, without what a caller made up
        server_header=False,
        proxy_headers=False,  # whom a proxy names is settled by `Guard`
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_IDLE_SECONDS,
    )
    server = OpeningServer(config) if args.open else uvicorn.Server(config)
    with suppress(KeyboardInterrupt):  # by which it is told to stop: it has, by then
        server.run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m components.cad", description=__doc__, allow_abbrev=False)
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument(
        "--registry", help="serve the champion of: a folder, sqlite:///FILE, or an MLflow server's http(s)://"
    )
    model.add_argument("--onnx-model", type=Path, help="serve this folder, written by convert")
    parser.add_argument("--model-name", default="", help="in the registry; left out, the one whose champion came last")
    parser.add_argument("--records", required=True, help="URL of the records: sqlite:///FILE or postgresql://...")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=_PORT, help="port to listen on")
    parser.add_argument("--open", action="store_true", help="open the page in a browser, where there is a desktop")
    parser.add_argument("--token-file", type=Path, help="file with the bearer token that callers must have")
    parser.add_argument("--user-header", default="", help="header in which a trusted proxy names the user")
    parser.add_argument("--trusted-proxies", nargs="+", metavar="NETWORK", help="from which it is believed; loopback")
    parser.add_argument("--keep-images", type=Path, help="folder to keep the images in; left out, none is kept")
    parser.add_argument("--cores", type=int, default=CadSettings.cores, help="that the model may use; 0 takes all")
    parser.add_argument("--batch-size", type=int, default=CadSettings.batch_size, help="pictures at once, at most")
    parser.add_argument("--requests", type=int, default=Limits.requests, help="at work at once; more get 429")
    parser.add_argument(
        "--requests-per-minute", type=int, default=Limits.requests_per_minute, help="of one client; 0 does not count"
    )
    parser.add_argument(
        "--poll-seconds", type=float, default=CadSettings.poll_seconds, help="between looks for a new champion"
    )
    return parser.parse_args()


def _source(args: argparse.Namespace) -> Source:
    if args.onnx_model:
        return FolderSource(args.onnx_model, args.model_name or args.onnx_model.resolve().name)
    from components.cad.mlflow_source import MlflowSource  # takes seconds, which a folder does not need

    return MlflowSource(args.registry, args.model_name)


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read the token file {file}: {error}") from error
    if not token:
        raise SettingsError(f"the token file {file} is empty: write a token into it, or leave it out")
    return token


if __name__ == "__main__":
    run_stage(main)
