"""The commands of `pipeline.py` that talk to a cluster.

python pipeline.py submit --preset paper --data gs://BUCKET/isic [--set name=value ...] [--pool ...] [--wait]
python pipeline.py schedule manifests/schedules/weekly.yaml [--pools FILE] [--dry-run] [--delete]
python pipeline.py runs [RUN] [--wait]
python pipeline.py metrics RUN [RUN ...] [--output table|csv|json]
python pipeline.py rollback --registry URI --model-name NAME --why "..."
python pipeline.py cost --preset paper [--pool ...] [--prices FILE] [--assume name=value ...]
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from components.cluster.assumptions import parse_assumptions
from components.cluster.connection import DEFAULT_NAMESPACE, Access, connect
from components.cluster.cost import estimate, table
from components.cluster.figures import measured
from components.cluster.following import check_success, follow
from components.cluster.package import Package, packaged
from components.cluster.parameters import checked_values, submitted_values
from components.cluster.prices import PRICES, read_prices
from components.cluster.reconciliation import carry_out, planned
from components.cluster.runs import details, find_run, latest_runs, overview, state_of
from components.cluster.schedule_file import Schedule, read_schedule
from components.cluster.starting import Order, run_name, start
from components.cluster.tables import OUTPUTS, aligned, compared
from components.common.errors import SettingsError
from components.plan.placing import place, pool_arguments
from components.plan.pools import POOLS, read_pools
from components.plan.presets import PRESETS

Build = Callable[[argparse.Namespace], Any]
"""Gives the pipeline that the arguments ask for: `preset`, and those of the parser of what is compiled."""

# A schedule's runs read the data again, whatever KFP's cache holds of the same arguments; unchanged data costs no
# training all the same, for the stages know it by its content.
_READ_AGAIN = ("ingest",)

_INTERRUPTED = 130


def add_commands(
    commands: Any,
    compiled: argparse.ArgumentParser,
    pools: argparse.ArgumentParser,
    build: Build,
    stages: Sequence[str],
) -> None:
    """Add the commands.

    Args:
        commands: of the parser.
        compiled: arguments that say how a pipeline is compiled.
        pools: those of `pools_parser`.
        build: builds the pipeline.
        stages: of the pipeline, in order.
    """
    access = _access_parser()
    one = commands.add_parser("submit", parents=[compiled, pools, access], help="run the pipeline on a cluster")
    _add_submit(one, build)
    one = commands.add_parser("schedule", parents=[compiled, access], help="make a recurring run be what a file says")
    _add_schedule(one, build)
    _add_runs(commands.add_parser("runs", parents=[access], help="list the runs on a cluster, or tell of one"))
    _add_metrics(commands.add_parser("metrics", parents=[access], help="compare the figures of runs"))
    one = commands.add_parser("rollback", help="give the alias champion back to the former champion")
    _add_rollback(one)
    _add_cost(commands.add_parser("cost", parents=[pools], help="estimate what a run on a cluster costs"), stages)


def pools_parser() -> argparse.ArgumentParser:
    """Arguments that say where trainings run."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--pool", nargs="+", action="extend", default=[], metavar="[MEMBER=]POOL[:GPUS]",
        help=f"where trainings run: {', '.join(POOLS)}, or a pool of --pools",
    )  # fmt: skip
    _add_pools_file(parser)
    return parser


def _add_pools_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pools",
        type=Path,
        metavar="FILE",
        help="YAML file of more pools, such as manifests/overlays/onprem/pools.yaml",
    )


def _access_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("Kubeflow Pipelines")
    group.add_argument(
        "--host", default="", help="address of the server; by default KF_PIPELINES_ENDPOINT, or in-cluster"
    )
    group.add_argument(
        "--namespace", default=DEFAULT_NAMESPACE, help="of the runs, where the server is for several users"
    )
    group.add_argument("--token-file", default="", help="file with a bearer token")
    group.add_argument("--cookie-file", default="", help="file with a session's cookie, name=value")
    group.add_argument("--iap-client-id", default="", help="OAuth client of Google's Identity-Aware Proxy")
    group.add_argument("--ca-file", default="", help="file with certificates to trust")
    return parser


def _add_submit(parser: argparse.ArgumentParser, build: Build) -> None:
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    parser.add_argument("--data", help="addresses of the sources, separated by commas")
    parser.add_argument(
        "--set", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="set a pipeline parameter"
    )
    parser.add_argument("--experiment", default="skin-lesion", help="that the run belongs to; made if need be")
    parser.add_argument("--service-account", default="pipeline-runner", help="of the pods")
    parser.add_argument("--pipeline-root", default="", help="where the artifacts go, such as gs://bucket/runs")
    parser.add_argument("--no-cache", action="store_true", help="run every task anew")
    parser.add_argument("--wait", action="store_true", help="follow the run to its end; its result is the exit code")
    parser.add_argument("--model-registry", default="", help="address of the model registry as seen from here")
    parser.set_defaults(command=partial(_submit, build))


def _submit(build: Build, args: argparse.Namespace) -> None:
    pipeline = build(args)
    values = submitted_values(pipeline, args.data, args.set)
    values |= _pool_values(args.preset, values, args.pool, args.pools)
    package = packaged(pipeline, args.preset, uncached=None if args.no_cache else ())
    order = Order(
        run_name(package, datetime.now().astimezone()),
        args.experiment,
        values,
        args.service_account,
        args.pipeline_root,
    )
    with _client_speaks_aside():
        cluster = connect(_access(args))
        run = start(cluster, package, order)
    _say(f"{order.name}, pipeline version {package.version}\n{cluster.run_page(run.run_id)}")
    if args.wait:
        _wait(args, run.run_id)


def _add_schedule(parser: argparse.ArgumentParser, build: Build) -> None:
    parser.add_argument("file", type=Path, help="YAML file, such as those in manifests/schedules")
    parser.add_argument("--dry-run", action="store_true", help="show the difference, and change nothing")
    parser.add_argument("--delete", action="store_true", help="delete it, whatever the file says")
    _add_pools_file(parser)
    parser.set_defaults(command=partial(_schedule, build))


def _schedule(build: Build, args: argparse.Namespace) -> None:
    schedule = read_schedule(args.file)
    package = None
    if not args.delete and schedule.state == "present":
        schedule, package = _checked(build, args, schedule)
    with _client_speaks_aside():
        cluster = connect(_access(args))
        todo = planned(cluster, schedule, package)
        if not args.dry_run:
            carry_out(cluster, schedule, package, todo)
    steps = todo.steps() or ["nothing to do"]
    _say(todo.difference(schedule.name) + "\n".join(f"{schedule.name}: {step}" for step in [*steps, *todo.left()]))


def _checked(build: Build, args: argparse.Namespace, schedule: Schedule) -> tuple[Schedule, Package]:
    """The schedule with its pools as parameters, all of them checked, and the pipeline that it runs."""
    pipeline = build(argparse.Namespace(**{**vars(args), "preset": schedule.preset}))
    try:
        checked_values(pipeline, schedule.parameters)
    except SettingsError as error:
        raise SettingsError(f"{args.file}: parameters.{error}") from error
    try:
        placed = _pool_values(schedule.preset, schedule.parameters, schedule.pool, args.pools)
    except SettingsError as error:
        raise SettingsError(f"{args.file}: {error}") from error
    whole = schedule.model_copy(update={"parameters": {**schedule.parameters, **placed}})
    return whole, packaged(pipeline, schedule.preset, uncached=_READ_AGAIN)


def _add_runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", metavar="RUN", help="name or id of a run; by default the latest are listed")
    parser.add_argument("--count", type=_count, default=20, help="how many are listed")
    parser.add_argument("--wait", action="store_true", help="follow RUN to its end; its result is the exit code")
    parser.add_argument("--model-registry", default="", help="address of the model registry as seen from here")
    parser.set_defaults(command=_runs)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _runs(args: argparse.Namespace) -> None:
    if args.wait and not args.run:
        raise SettingsError("--wait follows one run: name it, `pipeline.py runs RUN --wait`")
    with _client_speaks_aside():
        cluster = connect(_access(args))
        found = [find_run(cluster, args.run)] if args.run else latest_runs(cluster, args.count)
    if args.wait:
        _wait(args, found[0].run_id)
    elif args.run:
        _say(aligned(details(found[0], datetime.now().astimezone())) + cluster.run_page(found[0].run_id))
    else:
        _say(aligned(overview(found, datetime.now().astimezone())).rstrip())


def _add_metrics(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="names or ids")
    parser.add_argument("--output", choices=OUTPUTS, default=OUTPUTS[0])
    parser.add_argument("--model-registry", default="", help="address of the model registry as seen from here")
    parser.set_defaults(command=_metrics)


def _metrics(args: argparse.Namespace) -> None:
    with _client_speaks_aside():
        cluster = connect(_access(args))
        told = [measured(cluster, find_run(cluster, name), args.model_registry) for name in args.runs]
    _say(compared(told, args.output).rstrip())


def _add_rollback(parser: argparse.ArgumentParser) -> None:
    # MLflow takes seconds to import.
    from components.register.rollback_arguments import add_arguments

    add_arguments(parser)
    parser.set_defaults(command=_rollback)


def _rollback(args: argparse.Namespace) -> None:
    from components.register.rollback import roll_back_as_told

    roll_back_as_told(args)


def _add_cost(parser: argparse.ArgumentParser, stages: Sequence[str]) -> None:
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    parser.add_argument(
        "--prices", type=Path, default=PRICES, metavar="FILE", help="price list, by default manifests/prices.yaml"
    )
    parser.add_argument(
        "--assume", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="set what is only assumed"
    )
    parser.set_defaults(command=partial(_cost, stages))


def _cost(stages: Sequence[str], args: argparse.Namespace) -> None:
    preset = place(PRESETS[args.preset], args.pool, read_pools(args.pools))
    assumptions, rates = parse_assumptions(args.assume, [member.name for member in preset.members])
    prices = read_prices(args.prices)
    _say(table(estimate(preset, prices, assumptions, rates, stages), prices, assumptions))


def _pool_values(preset: str, values: Mapping[str, Any], choices: Sequence[str], file: Path | None) -> dict[str, Any]:
    """The parameters that choices of pools stand for: another pool is another run of the same pipeline."""
    usual = PRESETS[preset].with_batch_size(values.get("batch_size", 0))
    placed = place(usual, choices, read_pools(file))
    found = {} if placed == usual else pool_arguments(placed)
    if both := sorted(set(found) & set(values)):
        raise SettingsError(f"{both[0]} is set, and a pool says it too: leave one of them out")
    return found


def _wait(args: argparse.Namespace, run_id: str) -> None:
    """Follow a run, tell its figures, and raise ClusterError if it did not succeed."""
    try:
        with _client_speaks_aside():
            run = follow(lambda: connect(_access(args)), run_id)
    except KeyboardInterrupt:
        _say(f"the run goes on; to follow it again: pipeline.py runs {run_id} --wait")
        sys.exit(_INTERRUPTED)
    check_success(run)
    with _client_speaks_aside():
        told = measured(connect(_access(args)), run, args.model_registry)
    _say(f"{run.display_name}: {state_of(run)}\n{compared([told], OUTPUTS[0]).rstrip()}")


def _access(args: argparse.Namespace) -> Access:
    return Access(args.host, args.namespace, args.token_file, args.cookie_file, args.iap_client_id, args.ca_file)


@contextmanager
def _client_speaks_aside() -> Iterator[None]:
    """KFP's client prints what it does; standard output is for what a program may read."""
    with redirect_stdout(sys.stderr):
        yield


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
