#!/bin/sh
# Writes images/<image>/requirements.txt from the extra of the same name in pyproject.toml: exact versions with hashes.
# What the locks hold already is kept; to move versions: images/lock.sh --upgrade, or --upgrade-package NAME.
set -eu
cd "$(dirname "$0")/.."

python="${PYTHON:-.venv/bin/python}"
dev=images/dev/requirements.txt

lock() {
    "$python" -m uv pip compile --quiet pyproject.toml --generate-hashes --python-version 3.11 \
        --no-header --no-emit-index-url --no-emit-find-links "$@"
}

# A laptop's environment holds every extra, for Linux and macOS alike; cuda goes into an image only.
extras=$("$python" - <<'PYTHON'
import pathlib, tomllib
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
print(*(f"--extra={name}" for name in project["optional-dependencies"] if name != "cuda"))
PYTHON
)
# shellcheck disable=SC2086
lock --universal $extras --output-file "$dev" "$@"

for folder in images/*/; do
    image=$(basename "$folder")
    case "$image" in
        dev) continue ;;
        train) extras="--extra=train --extra=cuda" ;;
        *) extras="--extra=$image" ;;
    esac
    # Every image runs what was tested on the laptop, hence the constraint.
    # shellcheck disable=SC2086
    lock --python-platform linux --constraint "$dev" $extras --output-file "${folder}requirements.txt" "$@"
    echo "$image: $(grep -c == "${folder}requirements.txt") packages"
done
