"""A wheel carries the assets of the pages: they are built first, unless they are there."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Assets(BuildHookInterface[Any]):
    """Build the assets by npm; an editable installation leaves that to ``make install``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing, or say what is needed for it."""
        root = Path(self.root)
        built = root / "src" / "tongbao" / "web" / "static" / "manifest.json"
        if version == "editable" or built.exists():
            return
        if shutil.which("npm") is None:
            raise SystemExit("the assets of the pages are built by Node.js 20, which is missing")
        for command in (["npm", "ci", "--silent"], ["npm", "run", "--silent", "build"]):
            subprocess.run(command, cwd=root, check=True)
