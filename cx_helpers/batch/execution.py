"""One page, in a process of its own: run the notebook, check every cell, draw the page; every failure in one line."""

from __future__ import annotations

import errno
import os
import re
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from cx_helpers.batch.plan import Task
from cx_helpers.errors import CxError, DataError

MIME = "application/vnd.cx+json"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
# One thread a kernel: as many kernels run as there are cores, and sums keep their order from run to run.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Job:
    """A task with the places it reads and writes.

    Attributes
    ----------
    folder : Path
        Staging folder of the (month, audience): `<notebook>.ipynb`, `<notebook>.html` and `results/<notebook>/`.
    upstream : Path or None
        Results of the earlier notebook of this run that this one reads.
    """

    task: Task
    folder: Path
    upstream: Path | None
    nav: list[dict[str, Any]]
    published: str
    log: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a job; `error` is the one line to tell, empty when the page is good."""

    seconds: float
    error: str = ""
    page: Path | None = None
    results: dict[str, Path] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)


def carry_out(job: Job) -> Outcome:
    """Runs, checks and draws one page. Never raises: a page that fails must not hide the others."""
    began = time.monotonic()
    try:
        page, results, said = _carry_out(job)
        return Outcome(time.monotonic() - began, "", page, results, said)
    except Exception as error:
        line = one_line(error, job)
        _keep_log(job.log, f"{line}\n\n{ANSI.sub('', traceback.format_exc())}")
        return Outcome(time.monotonic() - began, line)


def _carry_out(job: Job) -> tuple[Path, dict[str, Path], dict[str, Any]]:
    import papermill

    from cx_helpers.reports import html

    task = job.task
    results = job.folder / "results" / task.notebook
    results.mkdir(parents=True, exist_ok=True)
    os.environ.update(job.environment, CX_RESULTS=str(results), JUPYTER_PREFER_ENV_PATH="1", PYTHONHASHSEED="0")
    os.environ.update(ONE_THREAD, PYDEVD_DISABLE_FILE_VALIDATION="1")
    os.environ.pop("CX_UPSTREAM", None)
    if job.upstream is not None:
        os.environ["CX_UPSTREAM"] = str(job.upstream)
    done = papermill.execute_notebook(
        str(task.path),
        str(executed(job)),
        parameters=task.parameters,
        cwd=str(task.path.parent),
        progress_bar=False,
        start_timeout=120,
    )
    said = checked(done)
    page = job.folder / f"{task.notebook}.html"
    page.write_text(html.render(done, nav=job.nav, published=job.published), encoding="utf-8", newline="\n")
    return page, {file.stem: file for file in sorted(results.glob("*.parquet"))}, said


def executed(job: Job) -> Path:
    """Where the executed notebook is kept while the run lasts."""
    return job.folder / f"{job.task.notebook}.ipynb"


def checked(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """What an executed notebook says, once every cell is found to be good.

    Returns
    -------
    dict with findings (how many) and provenance (the payload of its colophon).

    Raises
    ------
    DataError
        When a cell was not executed or failed, or the page has no provenance or says nothing.
    """
    payloads = []
    for number, cell in enumerate(_own_cells(notebook), start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise DataError(f"cell {number} was not executed")
        for output in cell.outputs:
            if output.output_type == "error":
                raise DataError(f"cell {number}: {output.ename}: {output.evalue}")
            payloads += [output.data[MIME]] if MIME in output.get("data", {}) else []
    kinds = [payload.get("kind") for payload in payloads]
    if "provenance" not in kinds:
        raise DataError("no provenance at its end; the last cell is page.provenance()")
    if not {"findings", "headline"} & set(kinds):
        raise DataError("it says nothing: neither page.findings(...) nor page.headline(...) was shown")
    provenance = next(payload for payload in payloads if payload.get("kind") == "provenance")
    findings = sum(len(payload.get("findings", ())) for payload in payloads if payload.get("kind") == "findings")
    return {"findings": findings, "provenance": provenance}


def _own_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells as the notebook has them, without those that papermill puts in."""
    injected = {"injected-parameters", "papermill-error-cell-tag"}
    return [cell for cell in notebook.cells if not injected & set(cell.metadata.get("tags", []))]


def one_line(error: BaseException, job: Job) -> str:
    """What failed, where, and what to do, in one line; the log has the rest."""
    place, more = str(job.task), f"The whole story: {job.log}"
    if _disk_is_full(error):
        return f"{place}: the disk of {job.folder} is full. Free some space, then run again. {more}"
    kind = type(error).__name__
    if kind == "DeadKernelError":
        return (
            f"{place}, {_running_cell(job)}: the kernel died (out of memory, or killed from outside). "
            f"Free memory or use --workers 1, then run again. {more}"
        )
    if kind == "PapermillExecutionError":
        said = _last_line(f"{error.ename}: {error.evalue}")
        advice = "" if _is_ours(error.ename) else " Mend the notebook or its data, then run again."
        return f"{place}, {_failed_cell(job)}: {said}{'' if said.endswith('.') else '.'}{advice} {more}"
    if isinstance(error, CxError):
        return f"{place}: {_last_line(str(error))}. Mend the notebook, then run again. {more}"
    return f"{place}: {kind}: {_last_line(str(error))}. Run again; {more[0].lower()}{more[1:]}"


def _is_ours(name: str) -> bool:
    return name in {"CxError", *(kind.__name__ for kind in CxError.__subclasses__())}


def _last_line(text: str) -> str:
    """An error's words in one line: its first line that says something, and how many more there are."""
    lines = [line.strip() for line in ANSI.sub("", text).splitlines() if line.strip()]
    more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
    return (lines[0] if lines else "no message")[:400].rstrip(".") + more


def _disk_is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "No space left on device" in str(getattr(error, "evalue", "")):
            return True
        error = error.__cause__ or error.__context__
    return False


def _failed_cell(job: Job) -> str:
    return _cell_where(job, lambda cell: any(output.output_type == "error" for output in cell.get("outputs", ())))


def _running_cell(job: Job) -> str:
    return _cell_where(job, lambda cell: cell.metadata.get("papermill", {}).get("status") in ("running", "failed"))


def _cell_where(job: Job, condition) -> str:
    """Which cell of the source notebook, by number and first line; papermill saves the notebook as it goes."""
    try:
        cells = _own_cells(nbformat.read(executed(job), as_version=4))
    except Exception:
        return "a cell"
    for number, cell in enumerate(cells, start=1):
        if cell.cell_type == "code" and condition(cell):
            first = next((line.strip() for line in cell.source.splitlines() if line.strip()), "")
            return f"cell {number} ({first[:60]})"
    return "the parameters"


def _keep_log(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError:
        # On a full disk the line on the screen has to do.
        return


def watch_over_parent() -> None:
    """Started in each worker: ends it when the batch itself is gone, and leaves Ctrl-C to the batch."""
    import multiprocessing
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
