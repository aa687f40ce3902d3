import pytest

from tongbao.hosting import rates


def test_buckets_are_refilled_evenly() -> None:
    now, buckets = 1_000.0, rates.Buckets("key")
    for left in range(59, -1, -1):
        assert buckets.take("a", 60, now).left == left
    with pytest.raises(rates.TooManyRequests) as refused:
        buckets.take("a", 60, now)
    assert refused.value.facts["seconds"] == 1
    assert buckets.take("b", 60, now).left == 59
    now += 2
    assert buckets.look("a", 60, now).left == 2
    assert [buckets.take("a", 60, now).left for _ in range(2)] == [1, 0]
    with pytest.raises(rates.TooManyRequests):
        buckets.take("a", 60, now)
    now += 1_000
    assert buckets.take("a", 60, now) == rates.Standing("key", 60, 59, 1)


def test_buckets_do_not_grow_without_end() -> None:
    buckets = rates.Buckets("address")
    for n in range(rates.KEPT + 10):
        buckets.take(f"{n}", 60, 1_000.0 + n)  # one full again after the other
    assert len(buckets) < rates.KEPT
