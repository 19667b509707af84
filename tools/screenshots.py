"""Pictures of the dashboard for the docs, from the results of the demo.

python tools/screenshots.py --demo demo --images docs/images
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboards.app import create_app
from gridmap.store.repository import Store
from gridmap.store.scope import Scope
from tools.browser import DESKTOP, PHONE, chromium, served, settled

PAGES = {"map": "cells", "card": "cell", "routes": "routes"}
LANGUAGES = ("en", "zh")


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path("demo"), help="folder of the results")
    parser.add_argument("--images", type=Path, default=Path("docs/images"), help="where to write")
    asked = parser.parse_args()
    asked.images.mkdir(parents=True, exist_ok=True)
    store = Store(f"sqlite:///{(asked.demo / 'gridmap.db').resolve()}")
    newest = store.scenarios(Scope.everything())[0].scenario_id
    cells = store.load(Scope.everything(), newest)[1].cells
    cell = int(cells["cell_id"].iloc[len(cells) // 2])
    app = create_app(store, basemaps=asked.demo / "basemaps")
    with served(app.server) as address:
        for size_name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            with chromium(size) as browser:
                for name, page in PAGES.items():
                    for language in LANGUAGES:
                        browser.get(f"{address}/{page}?cell={cell}&lang={language}")
                        settled(browser)
                        path = asked.images / f"{name}-{language}-{size_name}.png"
                        browser.save_screenshot(str(path))
                        sys.stdout.write(f"{path}\n")
    store.close()


if __name__ == "__main__":
    main()
