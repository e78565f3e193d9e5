"""A notebook live in JupyterLab of the locked version: run all cells, and the chart is drawn."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import browser as chrome
import pytest
from fixture_project import environment

from token_economics.report import notebooks

TOKEN = "fixture-token"
DRAWN = """
(() => {
  const svg = document.querySelector('.jp-OutputArea .vega-embed svg.marks');
  if (svg) return svg.querySelectorAll('.role-mark path').length;
  const canvas = document.querySelector('.jp-OutputArea .vega-embed canvas.marks');
  if (!canvas || !canvas.width) return 0;
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < pixels.length; i += 4)
    if (pixels[i + 3] > 200) colours.add(`${pixels[i]},${pixels[i + 1]},${pixels[i + 2]}`);
  return colours.has('0,114,178') ? colours.size : 0;
})()
"""


@pytest.fixture
def server(new_project: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a server on loopback with settings of its own; ended whatever happens."""
    runtime = tmp_path / "runtime"
    path = new_project / "notebooks" / "01_alpha.ipynb"  # with its kernel named, without outputs
    path.write_text(notebooks.dumps(notebooks.normalised(notebooks.load(path))), encoding="utf-8")
    own = {f"JUPYTER_{part}_DIR": str(tmp_path / part.lower()) for part in ("CONFIG", "DATA")}
    own |= {"JUPYTER_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
            "--port=0", f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
            f"--ServerApp.root_dir={new_project / 'notebooks'}", "--ServerApp.open_browser=False",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
        ],
        env=environment(new_project, **own), cwd=tmp_path,
        stdout=subprocess.DEVNULL, stderr=(tmp_path / "log").open("w"),
    )  # fmt: skip
    try:
        yield _address(process, runtime, tmp_path / "log")
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        for found in runtime.glob("jpserver-*.json"):
            try:
                return str(json.loads(found.read_text(encoding="utf-8"))["url"])
            except (json.JSONDecodeError, KeyError):
                pass  # the file is still being written
        time.sleep(0.2)
    pytest.fail(f"no server: {log.read_text(encoding='utf-8')[-2000:]}")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the server is ended by a signal")
def test_a_chart_is_drawn_live(server: str) -> None:
    with chrome.chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.goto(f"{server}lab/tree/01_alpha.ipynb?token={TOKEN}", timeout=60_000)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        assert page.evaluate(DRAWN) == 0, "nothing is drawn before the cells run"
        page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
        page.wait_for_function(
            "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=60_000,
        )
        page.evaluate("() => { jupyterapp.commands.execute('notebook:run-all-cells'); }")
        page.wait_for_function(f"{DRAWN} > 0", timeout=60_000)
        errors = page.locator(
            ".jp-RenderedText[data-mime-type*='stderr'], [data-mime-type*='error']"
        )
        assert errors.count() == 0, errors.all_inner_texts()
        assert "Headline results" in page.inner_text(".jp-NotebookPanel")
