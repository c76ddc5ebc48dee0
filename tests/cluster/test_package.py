"""A package is named after its content, and is what KFP's own definitions allow."""

from components.cluster.package import packaged, tasks
from components.common.task_names import own_task
from tests.cluster.conftest import built, package
from tests.cluster.kfp_checks import check_package


def test_the_same_content_has_the_same_name() -> None:
    assert packaged(built(), "sample").version == package().version
    assert package().version.startswith("sample-")
    assert packaged(built("demo"), "demo").digest != package().digest


def test_a_package_holds_the_spec_and_the_platforms() -> None:
    found = check_package(package("paper").text.encode())
    assert found["pipeline_spec"]["pipelineInfo"]["name"] == package("paper").name == "skin-lesion"
    assert found["platform_spec"]["platforms"]["kubernetes"]


def test_a_task_can_be_kept_from_the_cache_alone_or_with_all_others() -> None:
    def cached(documents: tuple) -> set[str]:
        return {
            name
            for name, task in tasks(documents[0]).items()
            if task.get("cachingOptions", {}).get("enableCache") and own_task(name)
        }

    usual = cached(package().documents)
    assert "ingest" in usual
    assert cached(packaged(built(), "sample", uncached=["ingest"]).documents) == usual - {"ingest"}
    assert cached(packaged(built(), "sample", uncached=None).documents) == set()
