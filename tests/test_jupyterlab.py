"""Notebooks live in JupyterLab of the locked version: restart, run all cells, charts are drawn."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fixture_project import ROOT, environment, rows_of, token_economics
from playwright.sync_api import Browser

from token_economics.report.run import notebooks
from token_economics.show.display import RESULTS

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


RUN_ALL = """
async () => {
  const widget = jupyterapp.shell.currentWidget;
  await widget.context.ready;
  await widget.sessionContext.ready;
  await widget.sessionContext.session.kernel.restart();
  await jupyterapp.commands.execute('notebook:run-all-cells');
  const cells = [...widget.content.model.cells].filter(cell => cell.type === 'code');
  return cells.map(cell => ({
    source: cell.sharedModel.getSource(),
    ran: cell.executionCount,
    outputs: cell.outputs.toJSON(),
  }));
}
"""
SET_PARAMETERS = """
(line) => {
  const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
  const cell = cells.find(cell => (cell.getMetadata('tags') || []).includes('parameters'));
  cell.sharedModel.setSource(cell.sharedModel.getSource() + '\\n' + line);
}
"""


@pytest.fixture
def server(new_project: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a server on the fixture's notebooks, stored with their kernel named."""
    path = new_project / "notebooks" / "01_alpha.ipynb"
    path.write_text(notebooks.dumps(notebooks.normalised(notebooks.load(path))), encoding="utf-8")
    with jupyterlab(new_project / "notebooks", new_project, tmp_path) as address:
        yield address


@contextmanager
def jupyterlab(folder: Path, project: Path, scratch: Path) -> Iterator[str]:
    """A server on loopback with settings of its own; ended whatever happens."""
    runtime = scratch / "runtime"
    own = {f"JUPYTER_{part}_DIR": str(scratch / part.lower()) for part in ("CONFIG", "DATA")}
    own |= {"JUPYTER_RUNTIME_DIR": str(runtime), "HOME": str(scratch)}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
            "--port=0", f"--IdentityProvider.token={TOKEN}", "--LabApp.expose_app_in_browser=True",
            f"--ServerApp.root_dir={folder}", "--ServerApp.open_browser=False",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.news_url=None", "--LabApp.extension_manager=readonly",
        ],
        env=environment(project, **own), cwd=scratch,
        stdout=subprocess.DEVNULL, stderr=(scratch / "log").open("w"),
    )  # fmt: skip
    try:
        yield _address(process, runtime, scratch / "log")
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
def test_a_chart_is_drawn_live(server: str, browser: Browser) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 1600})
        page.goto(f"{server}lab/tree/01_alpha.ipynb?token={TOKEN}", timeout=60_000)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        assert page.evaluate(DRAWN) == 0, "nothing is drawn before the cells run"
        page.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
        page.wait_for_function(
            "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=60_000,
        )
        page.set_default_timeout(120_000)
        page.evaluate(
            "async () => { await jupyterapp.commands.execute('notebook:run-all-cells'); }"
        )
        page.wait_for_function(f"{DRAWN} > 0", timeout=60_000)
        page.wait_for_selector(
            ".jp-NotebookPanel .jp-OutputArea >> text=Headline results", timeout=60_000
        )
        errors = page.locator(
            ".jp-RenderedText[data-mime-type*='stderr'], [data-mime-type*='error']"
        )
        assert errors.count() == 0, errors.all_inner_texts()


def opened(browser: Browser, server: str, name: str) -> Any:
    """A page of JupyterLab on a notebook, ready for commands."""
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.goto(f"{server}lab/tree/{name}?token={TOKEN}&reset", timeout=60_000)
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=60_000,
    )
    page.set_default_timeout(120_000)
    return page


@pytest.mark.slow
@pytest.mark.browser
def test_every_notebook_restarts_and_runs_from_any_directory(
    tmp_path: Path, browser: Browser
) -> None:
    """The server is started elsewhere and the notebooks lie outside the project."""
    folder = tmp_path / "copies"
    shutil.copytree(ROOT / "notebooks", folder)
    with jupyterlab(folder, ROOT, tmp_path) as server:
        for path in sorted(folder.glob("*.ipynb")):
            page = opened(browser, server, path.name)
            cells = page.evaluate(RUN_ALL)
            numbers = [cell["ran"] for cell in cells if cell["source"].strip()]
            assert numbers == list(range(1, len(numbers) + 1)), path.name
            kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
            assert kinds <= {"display_data", "execute_result"}, (path.name, kinds)
            page.close()


@pytest.mark.slow
@pytest.mark.browser
def test_an_edited_parameters_cell_gives_the_numbers_of_the_command_line(
    server: str, new_project: Path, browser: Browser
) -> None:
    done = token_economics(
        new_project, "build", "--set", "demand_growth_per_year=1", "--only", "alpha", "--quiet"
    )
    assert done.returncode == 0, done.stderr
    wanted = rows_of(Path(done.stdout.strip()).parent / "results.csv")[0]["value"]
    with closing(opened(browser, server, "01_alpha.ipynb")) as page:
        page.evaluate(SET_PARAMETERS, "demand_growth_per_year = 1")
        cells = page.evaluate(RUN_ALL)
        shown = [
            output["data"][RESULTS]["results"][0]["value"]
            for cell in cells
            for output in cell["outputs"]
            if RESULTS in output.get("data", {})
        ]
        assert shown == [float(wanted)]
