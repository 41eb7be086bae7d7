"""Carries a plan out: pages in parallel processes, result tables by one writer, each set of pages published in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from cx_helpers.batch import fingerprints, publication
from cx_helpers.batch.execution import Job, Outcome, carry_out
from cx_helpers.batch.plan import LEDGER_PAGE, Plan, Task, month_before
from cx_helpers.batch.pool import Pool
from cx_helpers.batch.portal import navigation, notice_page, write_portals
from cx_helpers.config import data_folder, reports_folder
from cx_helpers.config.journey import label_in
from cx_helpers.errors import CxError

READ_BY = {"03_drivers": ("before", "04_follow_up", "effects"), "04_follow_up": ("same", "03_drivers", "opportunities")}
MADE, UNCHANGED, FAILED = "published", "unchanged", "failed"


@dataclass
class Run:
    """One call of `cx run`.

    Attributes
    ----------
    lake
        Gives `current()` and `commit_results(...)`; only this process commits.
    tell : callable
        Called with (task, status, seconds, line) when a page is done.
    """

    plan: Plan
    lake: Any
    force: bool = False
    workers: int = 0
    tell: Callable[[Task, str, float, str], None] = lambda task, status, seconds, line: None
    start: Callable[[Task], None] = lambda task: None
    published: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"))
    records: dict[tuple, dict[str, Any]] = field(default_factory=dict)
    _prints: dict[tuple, str] = field(default_factory=dict)
    _lines: dict[tuple, str] = field(default_factory=dict)

    @property
    def staging(self) -> Path:
        return publication.staging_folder(self.plan.brand.name) / f"run-{os.getpid()}"

    def carry_out(self) -> bool:
        """Makes every page that is not up to date; True when none failed.

        Call it while holding `lock.writing`: what earlier runs left in staging is cleared first.
        """
        brand = self.plan.brand.name
        publication.sweep(brand)
        try:
            self._load_records()
            self._make_pages()
            self._portals()
        finally:
            shutil.rmtree(self.staging, ignore_errors=True)
        return not any(self.records[task.key]["status"] == FAILED for task in self.plan.tasks)

    def _portals(self) -> None:
        there = (reports_folder() / self.plan.brand.name / "index.html").is_file()
        if there and all(self.records[task.key]["status"] == UNCHANGED for task in self.plan.tasks):
            return
        try:
            write_portals(self.plan.brand, self.published)
        except OSError as error:
            raise CxError(f"{reports_folder()}: the contents pages were not renewed ({error}). Mend it, then run again.")

    def _load_records(self) -> None:
        """What is published already, of these sets and of the months before that they read."""
        for month, audience in self.plan.sets:
            for place in (month, month_before(month)):
                folder = publication.set_folder(self.plan.brand.name, place, audience)
                for notebook, record in publication.read_manifest(folder).get("pages", {}).items():
                    self.records.setdefault((place, audience, notebook), record)

    def _make_pages(self) -> None:
        open_tasks = {task.key: task for task in self.plan.tasks}
        waiting = list(self.plan.tasks)
        suspects: dict[tuple, int] = {}
        running: dict[Future, Task] = {}
        workers = max(1, self.workers or os.cpu_count() or 1)
        with self._pool(workers) as pool:
            while waiting or running:
                # After a worker died, its pages are tried once more, one at a time, so that only the guilty one fails.
                room = (1 if suspects else workers) - len(running)
                for task in [task for task in waiting if not set(task.after) & open_tasks.keys()]:
                    if task.key not in self._prints and self._up_to_date(task):
                        waiting.remove(task)
                        self._close(task, open_tasks, UNCHANGED)
                    elif room > 0:
                        waiting.remove(task)
                        self.start(task)
                        running[pool.submit(carry_out, self._job(task))] = task
                        room -= 1
                if not running:
                    continue
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                    done = wait(running).done
                    pool.renew()
                for future in done:
                    task = running.pop(future)
                    if future.exception() is None:
                        suspects.pop(task.key, None)
                        self._settle(task, future.result())
                    elif isinstance(future.exception(), BrokenProcessPool) and task.key not in suspects:
                        suspects[task.key] = 1
                        waiting.insert(0, task)
                        continue
                    else:
                        suspects.pop(task.key, None)
                        line = f"{task}: its process was killed (out of memory?). Use --workers 1, then run again."
                        self._settle(task, Outcome(0.0, line, "its process was killed"))
                    self._close(task, open_tasks)

    @contextmanager
    def _pool(self, workers: int) -> Iterator[Pool]:
        self.staging.mkdir(parents=True, exist_ok=True)
        pool = Pool(workers, self.staging)
        try:
            yield pool
        except BaseException:
            pool.kill()
            raise
        pool.end()

    def _up_to_date(self, task: Task) -> bool:
        """Asked once for each task, when what it waits for is done: its inputs are noted before it reads them."""
        record = self.records.get(task.key, {})
        page = publication.set_folder(task.brand, task.month, task.audience) / f"{task.notebook}.html"
        settled = record.get("status") in (MADE, UNCHANGED) and page.is_file()
        now = self._prints[task.key] = fingerprints.page_fingerprint(
            task, self.plan.brand, self.lake.current()["tables"], self._results_read(task)
        )
        return settled and not self.force and record.get("fingerprint") == now

    def _tables(self) -> dict[str, int]:
        return {name: entry["version"] for name, entry in self.lake.current()["tables"].items()}

    def _results_read(self, task: Task) -> dict[str, str]:
        """Hash of the rows that an earlier notebook wrote and this one reads: what pages used, or as its record tells it."""
        if task.notebook == LEDGER_PAGE:
            return {"uses": fingerprints.uses_digest(self.lake.folder, task.month)}
        if task.notebook not in READ_BY:
            return {}
        when, notebook, table = READ_BY[task.notebook]
        month = month_before(task.month) if when == "before" else task.month
        record = self.records.get((month, task.audience, notebook), {})
        return {table: record.get("results", {}).get(table, "")}

    def _job(self, task: Task) -> Job:
        folder = self.staging / "work" / task.month / task.audience
        brand = self.plan.brand
        audience = brand.audiences[task.audience]
        return Job(
            task=task,
            folder=folder.resolve(),
            nav=navigation(audience.pages, task.notebook, audience.language or brand.journey.language),
            published=self.published,
            log=publication.log_file(*self._place(task)).resolve(),
            environment={
                "CX_DATA": str(data_folder().resolve()),
                "CX_REPORTS": str(reports_folder().resolve()),
            },
        )

    def _place(self, task: Task) -> tuple[str, str, str, str]:
        return (task.brand, task.month, task.audience, task.notebook)

    def _settle(self, task: Task, outcome: Outcome) -> None:
        """Commits what a good page wrote and notes its record; a bad one keeps the record of the last good page."""
        results, digests, line = {}, {}, outcome.error
        if not line:
            try:
                for table, path in outcome.results.items():
                    digests[table] = fingerprints.file_digest(path)
                    results[table] = pd.read_parquet(path)
                self.lake.commit_results(results, month=task.month, audience=task.audience, notebook=task.notebook)
            except (CxError, OSError) as error:
                line = f"{task}: its result tables were not committed: {error}"
        if line:
            shutil.rmtree(self.staging / "work" / task.month / task.audience / "results" / task.notebook, ignore_errors=True)
            old = self.records.get(task.key, {})
            self._lines[task.key] = line
            reason = outcome.reason or "its result tables were not committed"
            self.records[task.key] = {**old, "status": FAILED, "reason": reason, "failed": self.published}
            return
        publication.log_file(*self._place(task)).unlink(missing_ok=True)
        self.records[task.key] = {
            "status": MADE,
            "page": f"{task.notebook}.html",
            "published": self.published,
            "fingerprint": self._prints[task.key],
            "parameters": task.parameters,
            "tables": self._tables(),
            "results": digests,
            "versions": fingerprints.versions(),
            "package": fingerprints.package_digest(),
            "configuration": fingerprints.configuration_digest(self.plan.brand),
            "notebook": fingerprints.notebook_digest(task.path),
            "seconds": outcome.seconds,
            **outcome.said,
        }

    def _close(self, task: Task, open_tasks: dict[tuple, Task], status: str = "") -> None:
        """Releases what waits for the task, tells its end, and publishes its set when it was the last one."""
        del open_tasks[task.key]
        record = self.records[task.key]
        if status:
            record["status"] = status
        seconds = 0.0 if status else record.get("seconds", 0.0)
        self.tell(task, record["status"], seconds, self._lines.get(task.key, ""))
        tasks = self.plan.sets[(task.month, task.audience)]
        if not any(other.key in open_tasks for other in tasks):
            self._publish(tasks)

    def _publish(self, tasks: list[Task]) -> None:
        """The set of one month and audience: new pages, last good pages of those that failed, notices for the rest."""
        if all(self.records[task.key]["status"] == UNCHANGED for task in tasks):
            return
        brand, month, audience = tasks[0].brand, tasks[0].month, tasks[0].audience
        target = publication.set_folder(brand, month, audience)
        staged = self.staging / "sets" / month / audience
        work = self.staging / "work" / month / audience
        kept, pages = [], {}
        try:
            staged.mkdir(parents=True, exist_ok=True)
            for task in tasks:
                record = pages[task.notebook] = self.records[task.key]
                name = f"{task.notebook}.html"
                if record["status"] == MADE:
                    os.replace(work / name, staged / name)
                elif record.get("page") and (target / name).is_file():
                    kept.append(name)
                else:
                    text = notice_page(self.plan.brand, tasks, self.records, task, self.published)
                    publication.write_through(staged / name, text)
            publication.publish(staged, target, self._manifest(tasks[0], pages), kept)
        except OSError as error:
            for task in tasks:
                if self.records[task.key]["status"] == MADE:
                    line = f"{task}: not published, the last good page stays ({error.strerror}: {target}). Mend it, then run again."
                    self.records[task.key] |= {"status": FAILED, "reason": "not published"}
                    self.tell(task, FAILED, 0.0, line)

    def _manifest(self, task: Task, pages: dict[str, dict[str, Any]]) -> dict[str, Any]:
        current, journey = self.lake.current(), self.plan.brand.journey
        return {
            "brand": task.brand,
            "month": task.month,
            "audience": task.audience,
            "brand_label": label_in(journey.label, journey.language),
            "audience_label": label_in(self.plan.brand.audiences[task.audience].label, journey.language),
            "published": self.published,
            "tables_published_at": current.get("published_at"),
            "restated": current.get("ingest", {}).get("restated", {}).get(task.month),
            "tables": self._tables(),
            "versions": fingerprints.versions(),
            "pages": pages,
        }
