"""Whatever the document allows, and much that it does not: no crash, nothing undocumented."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Served
from tests.world import broken_laws
from tongbao.api import app, document
from tongbao.kernel.settings import Settings

SCHEMA = schemathesis.openapi.from_dict(document.of(app.make(Settings())))
FOUND: Any = SCHEMA.get_all_operations()
OPERATIONS = [found.ok() for found in FOUND]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
FEW, MANY = 2, 100


def explore(shared: Served, operation: Any, examples: int) -> None:
    """Call an operation with what its schema allows, and with what it does not."""
    for mode in MODES:
        cases = operation.as_strategy(generation_mode=mode)

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(cases)
        def call(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url="http://testserver.local")
            sent.pop("cookies", None)
            headers = {k: v for k, v in sent.pop("headers").items() if v.isascii()}
            headers["Authorization"] = f"Bearer {shared.tokens['operator']}"
            answer = shared.client.request(headers=headers, **sent)
            case.validate_response(answer, checks=CHECKS)

        call()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_nothing_breaks_and_nothing_is_undocumented(shared: Served, operation: Any) -> None:
    explore(shared, operation, FEW)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_nothing_breaks_however_long_it_is_tried(shared: Served, operation: Any) -> None:
    explore(shared, operation, MANY)


@pytest.mark.slow
def test_after_all_that_every_law_holds(shared: Served) -> None:
    assert broken_laws(shared.db) == {}
