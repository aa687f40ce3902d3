"""The official lists, where somebody has put them beside the repository."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def find(file: str) -> Path:
    """Give the path of an official list, or skip the test that asked for it."""
    folder = os.environ.get("TONGBAO_REFERENCE_DATA") or ROOT / "../shared/data/reference"
    path = Path(folder) / file
    if not path.exists():
        pytest.skip(f"no {file} in the folder that TONGBAO_REFERENCE_DATA names")
    return path
