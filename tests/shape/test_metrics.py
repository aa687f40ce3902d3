"""Every metric is in the reference with its labels, and no other is."""

from typing import Any

from prometheus_client import Counter, Gauge, Histogram

from tests.shape.files import DOCS, table_rows
from tongbao.kernel import metrics
from tongbao.serving import standing

PAGE = DOCS / "reference" / "metrics.md"


def known() -> dict[str, set[str]]:
    """Give the labels of all metrics by name."""
    counted: list[Any] = [
        one for one in vars(metrics).values() if isinstance(one, Counter | Gauge | Histogram)
    ]
    found = {
        one._name + "_total" * isinstance(one, Counter): set(one._labelnames) for one in counted
    }
    found[standing.UP] = set()
    found |= {name: set(labels) for name, (_, _, labels) in standing.GAUGES.items()}
    for labels, *both in standing.PAIRS.values():
        found |= {name: set(labels) for name, _ in both}
    return found


def test_every_metric_is_in_the_reference_and_the_other_way_round() -> None:
    documented = {
        row[0].strip("`"): {label.strip("` ") for label in row[1].split(",") if label != "–"}
        for row in table_rows(PAGE)
        if row[0].startswith("`")
    }
    assert documented == known()
