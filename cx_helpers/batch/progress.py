"""What a person at the terminal, or a scheduler's log, sees of a run."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from cx_helpers.batch.lock import stoppable
from cx_helpers.batch.plan import Plan, Task
from cx_helpers.batch.runner import FAILED, UNCHANGED, Run
from cx_helpers.config import reports_folder
from cx_helpers.tables.lake import Lake


def carry_out(plan: Plan, *, force: bool = False, workers: int = 0) -> bool:
    """Carries the plan out and tells each page's end; True when no page failed.

    In a terminal with a bar that names the pages under way, elsewhere one plain line a page. Failures go to stderr.
    """
    counts: dict[str, int] = {}
    bar = _bar(len(plan.tasks)) if sys.stderr.isatty() else None
    under_way: list[str] = []

    def start(task: Task) -> None:
        under_way.append(str(task))
        if bar:
            bar.update(bar.task_ids[0], description=", ".join(under_way))

    def tell(task: Task, status: str, seconds: float, line: str) -> None:
        counts[status] = counts.get(status, 0) + 1
        if str(task) in under_way:
            under_way.remove(str(task))
        if bar:
            bar.update(bar.task_ids[0], advance=1, description=", ".join(under_way))
        if status == FAILED:
            _say(line, bar, file=sys.stderr)
        elif status != UNCHANGED:
            _say(f"{task}: made in {seconds:.1f} s", bar)

    run = Run(plan, Lake(plan.brand.folder / "tables"), force=force, workers=workers, tell=tell, start=start)
    try:
        with stoppable(), bar or nullcontext():
            good = run.carry_out()
    except KeyboardInterrupt:
        _say("Stopped. What was published before stays as it was; run again to go on.", bar, file=sys.stderr)
        raise
    made, same, failed = (counts.get(status, 0) for status in ("published", UNCHANGED, FAILED))
    print(f"{plan.brand.name}: {made} pages made, {same} unchanged, {failed} failed. Open {_entry(plan)}", flush=True)
    return good


def _entry(plan: Plan) -> str:
    return str((reports_folder() / plan.brand.name / "index.html").resolve())


def _say(line: str, bar, file=None) -> None:
    if bar:
        bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
    else:
        print(line, file=file or sys.stdout, flush=True)


def _bar(total: int):
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    bar = Progress(*columns, console=Console(stderr=True))
    bar.add_task("", total=total)
    return bar
