"""One page, in a process of its own: run the notebook, check every cell, draw the page; every failure in one line."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
from traitlets.config import Config

from cx_helpers.batch.plan import Task
from cx_helpers.errors import CxError, DataError

TAGS = re.compile(r"<[^>]*>")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
FOR_KERNELS = {
    # As many kernels run as there are cores, and sums keep their order from run to run: one thread each.
    **{name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")},
    "PYTHONHASHSEED": "0",
    # The kernel of this environment, not one that the user registered under the same name.
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


@dataclass(frozen=True)
class Job:
    """A task with the places it reads and writes.

    Attributes
    ----------
    folder : Path
        Staging folder of the (month, audience): `<notebook>.ipynb`, `<notebook>.html` and `results/<notebook>/`.
        Later notebooks of the set find the results of earlier ones in `results`.
    """

    task: Task
    folder: Path
    nav: list[dict[str, Any]]
    published: str
    log: Path
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes
    ----------
    error : str
        The one line for whoever runs the batch; empty when the page is good.
    reason : str
        The same for readers: where it failed and how, without a value that the data may have put in the message.
    """

    seconds: float
    error: str = ""
    reason: str = ""
    page: Path | None = None
    results: dict[str, Path] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)


def carry_out(job: Job) -> Outcome:
    """Runs, checks and draws one page. Never raises: a page that fails must not hide the others."""
    began = time.monotonic()
    try:
        page, results, said = _carry_out(job)
        return Outcome(time.monotonic() - began, page=page, results=results, said=said)
    except Exception as error:
        line, reason = explained(error, job)
        _keep_log(job.log, f"{line}\n\n{ANSI.sub('', traceback.format_exc())}\n{_kernel_words()}")
        return Outcome(time.monotonic() - began, line, reason)


def _carry_out(job: Job) -> tuple[Path, dict[str, Path], dict[str, Any]]:
    import papermill  # with nbconvert a second or two that the batch itself, which only waits, need not spend


    from cx_helpers.reports import html

    task = job.task
    results = job.folder / "results" / task.notebook
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir(parents=True)
    os.environ.update(job.environment, CX_RESULTS=str(results), CX_UPSTREAM=str(results.parent), **FOR_KERNELS)
    with tempfile.TemporaryDirectory(prefix="cx-") as sockets:
        done = papermill.execute_notebook(
            str(task.path),
            str(executed(job)),
            parameters=task.parameters,
            cwd=str(task.path.parent),
            progress_bar=False,
            start_timeout=120,
            config=Config() if os.name == "nt" else _by_sockets(Path(sockets)),
        )
    said = checked(done)
    page = job.folder / f"{task.notebook}.html"
    page.write_text(html.render(done, nav=job.nav, published=job.published), encoding="utf-8", newline="\n")
    return page, {file.stem: file for file in sorted(results.glob("*.parquet"))}, said


def _by_sockets(folder: Path) -> Config:
    """Talks to the kernel through files that only this user can open, not over a port that others could reach."""
    return Config({"KernelManager": {"transport": "ipc", "ip": str(folder / "kernel")}})


def executed(job: Job) -> Path:
    """Where the executed notebook is kept while the run lasts."""
    return job.folder / f"{job.task.notebook}.ipynb"


def checked(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """What an executed notebook says in short, once every cell is found to be good.

    Returns
    -------
    dict with headline (plain text or None) and findings (how many).

    Raises
    ------
    DataError
        When a cell was not executed or failed, or the page has no provenance or says nothing.
    """
    from cx_helpers.reports.page import MIME

    shown: list[dict[str, Any]] = []
    for number, cell in enumerate(_own_cells(notebook), start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise DataError(f"cell {number} was not executed")
        for output in cell.outputs:
            if output.output_type == "error":
                raise DataError(f"cell {number}: {output.ename}: {output.evalue}")
            shown += [output.data[MIME]] if MIME in output.get("data", {}) else []
    by_role = {piece["role"]: piece for piece in reversed(shown)}
    if "provenance" not in by_role:
        raise DataError("the page has no provenance; its last cell is page.provenance()")
    if not {"headline", "findings"} & by_role.keys():
        raise DataError("the page says nothing; it needs page.headline(...) or page.findings(...)")
    return {
        "headline": unescape(TAGS.sub("", by_role.get("headline", {}).get("html", ""))) or None,
        "findings": sum(len(piece["items"]) for piece in shown if piece["role"] == "findings"),
    }


def _own_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """The cells as the notebook has them, without those that papermill puts in."""
    injected = {"injected-parameters", "papermill-error-cell-tag"}
    return [cell for cell in notebook.cells if not injected & set(cell.metadata.get("tags", []))]


def explained(error: BaseException, job: Job) -> tuple[str, str]:
    """What failed, where, and what to do: (line, reason) as in `Outcome`; the log has the rest."""
    place, more, kind = str(job.task), f"The whole story: {job.log}", type(error).__name__
    if _disk_is_full(error):
        return f"{place}: the disk of {job.folder} is full. Free some space, then run again. {more}", "the disk was full"
    if kind == "DeadKernelError":
        cell, words = _running_cell(job), "the kernel died (out of memory, or killed from outside)"
        return f"{place}, {cell}: {words}. Free memory or use --workers 1, then run again. {more}", "the kernel died"
    if kind == "PapermillExecutionError":
        cell, said = _failed_cell(job), _first_line(f"{error.ename}: {error.evalue}")
        advice = "" if _is_ours(error.ename) else " Mend the notebook or its data, then run again."
        return f"{place}, {cell}: {said}.{advice} {more}", f"{cell.partition(' (')[0]}: {error.ename}"
    if isinstance(error, CxError):
        said = _first_line(str(error))
        return f"{place}: {said}. Mend the notebook, then run again. {more}", "the check of its cells"
    return f"{place}: {kind}: {_first_line(str(error))}. Run again. {more}", kind


def _is_ours(name: str) -> bool:
    return name in {"CxError", *(kind.__name__ for kind in CxError.__subclasses__())}


def _first_line(text: str) -> str:
    """An error's words in one line: the first that says something, and how many more there are."""
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
    """The last that was begun: papermill calls every cell completed once the kernel is dead."""
    return _cell_where(job, lambda cell: cell.metadata.get("papermill", {}).get("start_time"), last=True)


def _cell_where(job: Job, condition, last: bool = False) -> str:
    """Which cell of the source notebook, by number and first line; papermill saves the notebook as it goes."""
    try:
        cells = _own_cells(nbformat.read(executed(job), as_version=4))
    except Exception:
        return "a cell"
    numbered = list(enumerate(cells, start=1))
    for number, cell in reversed(numbered) if last else numbered:
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


def _kernel_words() -> str:
    """The last that this worker's kernels wrote beside their cells, such as why one was killed."""
    path = os.environ.get("CX_KERNEL_WORDS")
    try:
        return ANSI.sub("", Path(path).read_text(errors="replace")[-4000:]) if path else ""
    except OSError:
        return ""
