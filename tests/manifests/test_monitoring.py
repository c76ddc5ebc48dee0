"""Alerts and dashboard ask for what the service exports; alerts come when they should."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from components.cad.metrics import Metrics
from components.cad.problems import CODES
from tests.cad.records.conftest import prediction
from tests.manifests.promql import asked, grouped
from tests.manifests.promtool import promtool
from tests.manifests.rendering import Object, named

# What others export: Prometheus, kube-state-metrics, the kubelet.
ELSEWHERE = {
    "up", "kube_deployment_status_replicas_available", "kube_statefulset_status_replicas_ready",
    "kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes",
}  # fmt: skip
# What Prometheus itself puts on each series of a scraped pod, and on a bucket.
TARGET_LABELS = {"namespace", "service", "pod", "le"}
VALUES = {
    "code": {*CODES, "blurred", "too_small"},
    "outcome": {"done", "failed"},
    "unusual": {"true", "false"},
    "abstain": {"true", "false"},
}


@pytest.fixture(scope="module")
def exported() -> dict[str, set[str]]:
    """The labels of each sample that the service exports once it has seen one request of each kind."""
    metrics = Metrics()
    metrics.requests.labels("/v1/predict", "POST", "200").inc()
    metrics.seconds.labels("/v1/predict").observe(0.1)
    metrics.problems.labels("overloaded").inc()
    metrics.recorded(prediction("1", quality=("blurred",)))
    metrics.reloads.labels("done").inc()
    metrics.serving("name", "1", "digest")
    families = text_string_to_metric_families(metrics.text().decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


@pytest.fixture(scope="module")
def alerts(manifests) -> list[Object]:
    return [
        rule
        for group in named(manifests("gke"), "PrometheusRule", "skin-lesion")["spec"]["groups"]
        for rule in group["rules"]
    ]


@pytest.fixture(scope="module")
def dashboard(manifests) -> Object:
    (text,) = named(manifests("gke"), "ConfigMap", "cad-dashboard")["data"].values()
    return json.loads(text)


def strange(expression: str, exported: dict[str, set[str]]) -> list[str]:
    """What an expression asks for that nobody exports, in words."""
    found, known = [], set(TARGET_LABELS)
    for one in asked(expression):
        if one.metric in ELSEWHERE:
            continue
        if one.metric not in exported:
            found.append(one.metric)
            continue
        known |= exported[one.metric]
        found += [f"{one.metric}: {label}" for label in set(one.labels) - exported[one.metric] - TARGET_LABELS]
        found += [
            f"{one.metric}: {label} {value}"
            for label, value in one.labels.items()
            if label in VALUES and value not in VALUES[label]
        ]
    return found + [f"by {label}" for label in grouped(expression) - known]


def test_every_alert_asks_for_what_there_is(alerts: list[Object], exported: dict[str, set[str]]) -> None:
    assert {rule["alert"]: lack for rule in alerts if (lack := strange(rule["expr"], exported))} == {}


def test_every_panel_asks_for_what_there_is(dashboard: Object, exported: dict[str, set[str]]) -> None:
    assert {title: lack for title, expression in panels(dashboard) if (lack := strange(expression, exported))} == {}


def test_grafana_finds_the_dashboard(manifests, dashboard: Object) -> None:
    assert named(manifests("gke"), "ConfigMap", "cad-dashboard")["metadata"]["labels"]["grafana_dashboard"] == "1"
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)
    assert dashboard["uid"]


def test_every_alert_says_how_bad_it_is_and_what_to_do(alerts: list[Object]) -> None:
    assert {rule["labels"]["severity"] for rule in alerts} == {"page", "ticket"}
    assert [rule["alert"] for rule in alerts if len(rule["annotations"].get("runbook", "")) < 80] == []


def test_a_runbook_names_only_alerts_that_there_are(alerts: list[Object]) -> None:
    said = {name for rule in alerts for name in re.findall(r"\bCad[A-Z]\w+", rule["annotations"]["runbook"])}
    assert said <= {rule["alert"] for rule in alerts}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("rate(cad_request_total[5m])", ["cad_request_total"]),
        ('sum(cad_requests_total{verb="POST"})', ["cad_requests_total: verb"]),
        ("sum by (verb) (rate(cad_requests_total[5m]))", ["by verb"]),
        ('increase(cad_model_loads_total{outcome="failure"}[5m]) > 0', ["cad_model_loads_total: outcome failure"]),
    ],
)
def test_what_nobody_exports_is_found(expression: str, found: list[str], exported: dict[str, set[str]]) -> None:
    assert strange(expression, exported) == found


# Of each alert, series a minute apart under which it comes, and after how many minutes.
COMES: dict[str, tuple[dict[str, str], int]] = {
    "CadDown": ({"up{L}": "0x10"}, 5),
    "CadWithoutModel": ({"up{L}": "1x20"}, 10),
    "CadModelNotTakenUp": ({'cad_model_loads_total{L,outcome="failed"}': "0+2x60"}, 40),
    "CadServesSeveralModels": (
        {'cad_model_info{L,pod="a",digest="1"}': "1x60", 'cad_model_info{L,pod="b",digest="2"}': "1x60"}, 40,
    ),
    "CadErrors": (
        {
            'cad_requests_total{L,path="/v1/predict",status="200"}': "0+90x60",
            'cad_requests_total{L,path="/v1/predict",status="503"}': "0+10x60",
        },
        30,
    ),
    "CadRecordsUnavailable": ({'cad_problems_total{L,code="records_unavailable"}': "0+1x30"}, 15),
    "CadSlow": (
        {
            'cad_request_seconds_bucket{L,path="/v1/predict",le="5.0"}': "0+50x60",
            'cad_request_seconds_bucket{L,path="/v1/predict",le="10.0"}': "0+100x60",
            'cad_request_seconds_bucket{L,path="/v1/predict",le="+Inf"}': "0+100x60",
        },
        40,
    ),
    "CadOverloaded": ({'cad_problems_total{L,code="overloaded"}': "0+60x60"}, 30),
    "MlflowDown": ({'kube_deployment_status_replicas_available{L,deployment="mlflow"}': "0x30"}, 20),
    "PostgresDown": ({'kube_statefulset_status_replicas_ready{L,statefulset="postgres"}': "0x30"}, 5),
    "VolumeFillsUp": (
        {"kubelet_volume_stats_available_bytes{L}": "5x90", "kubelet_volume_stats_capacity_bytes{L}": "100x90"}, 60,
    ),
}  # fmt: skip

# The same of alerts about a day, with series half an hour apart.
COMES_IN_A_DAY: dict[str, tuple[dict[str, str], int]] = {
    "CadUnusualPictures": (
        {
            'cad_predictions_total{L,decision="benign",unusual="true"}': "0+10x60",
            'cad_predictions_total{L,decision="benign",unusual="false"}': "0+10x60",
        },
        1500,
    ),
    "CadPoorPictures": (
        {
            'cad_quality_warnings_total{L,code="blurred"}': "0+20x60",
            'cad_predictions_total{L,decision="benign",unusual="false"}': "0+10x60",
        },
        1500,
    ),
}

# The service on a good day.
QUIET = {
    "up{L}": "1x100",
    'cad_model_info{L,digest="1"}': "1x100",
    'cad_requests_total{L,path="/v1/predict",status="200"}': "0+60x100",
    'cad_request_seconds_bucket{L,path="/v1/predict",le="0.5"}': "0+60x100",
    'cad_request_seconds_bucket{L,path="/v1/predict",le="+Inf"}': "0+60x100",
    'cad_predictions_total{L,decision="benign",unusual="false"}': "0+60x100",
    'kube_deployment_status_replicas_available{L,deployment="mlflow"}': "1x100",
    'kube_statefulset_status_replicas_ready{L,statefulset="postgres"}': "1x100",
    "kubelet_volume_stats_available_bytes{L}": "50x100",
    "kubelet_volume_stats_capacity_bytes{L}": "100x100",
}


def test_each_alert_is_tried(alerts: list[Object]) -> None:
    assert {rule["alert"] for rule in alerts} == set(COMES) | set(COMES_IN_A_DAY)


def test_prometheus_itself_reads_the_rules_and_they_come_when_they_should(
    manifests, alerts: list[Object], tmp_path: Path
) -> None:
    program, every = promtool(), {rule["alert"]: 95 for rule in alerts}
    rules = {"groups": named(manifests("gke"), "PrometheusRule", "skin-lesion")["spec"]["groups"]}
    _write(tmp_path / "rules.yaml", rules)
    minutely = [_case(series, "1m", {name: minute}, 1) for name, (series, minute) in COMES.items()]
    _write(tmp_path / "minutes.yaml", _tests("1m", [*minutely, _case(QUIET, "1m", every, 0)]))
    daily = [_case(series, "30m", {name: minute}, 1) for name, (series, minute) in COMES_IN_A_DAY.items()]
    _write(tmp_path / "day.yaml", _tests("30m", daily))
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "minutes.yaml", "day.yaml"]):
        done = subprocess.run([program, *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def _write(file: Path, content: Object) -> None:
    file.write_text(yaml.safe_dump(content), encoding="utf-8")


def _tests(interval: str, cases: list[Object]) -> Object:
    return {"rule_files": ["rules.yaml"], "evaluation_interval": interval, "tests": cases}


def _case(series: dict[str, str], interval: str, at: dict[str, int], firing: int) -> Object:
    labels = 'namespace="skin-lesion",service="cad"'
    return {
        "interval": interval,
        "input_series": [
            {"series": name.replace("{L", f"{{{labels}"), "values": values} for name, values in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) or vector(0)',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": "{}", "value": firing}],
            }
            for name, minute in at.items()
        ],
    }


def panels(dashboard: Object) -> Iterator[tuple[str, str]]:
    for panel in dashboard["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", []))
