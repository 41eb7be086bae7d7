"""The `cx` command. Heavy modules are imported inside the commands, so that `cx --help` answers at once."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cx_helpers.errors import ConfigError, CxError, DataError, UsageError

DONE, FAILED, WRONG_USE = 0, 1, 2
ASK_PLAN = "ask_plan.csv"

app = typer.Typer(
    help="The CX workbench: what customers perceive and what operations deliver, from raw exports to reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
BrandName = Annotated[str, typer.Argument(metavar="BRAND", help="a folder in data/, such as sample")]


def main() -> None:
    """Runs the command line; a problem ends in one line on stderr and an exit code, never in a traceback.

    Exit codes: 0 done, 1 some pages or data failed, 2 wrong use. ``CX_DEBUG=1`` shows tracebacks.
    """
    try:
        app()
    except CxError as error:
        if os.environ.get("CX_DEBUG"):
            raise
        print(error, file=sys.stderr)
        sys.exit(WRONG_USE if isinstance(error, UsageError | ConfigError) else FAILED)
    except OSError as error:
        if os.environ.get("CX_DEBUG"):
            raise
        print(f"{error.filename or 'a file'}: {error.strerror or error}. Mend it, then run again.", file=sys.stderr)
        sys.exit(FAILED)


def _version(asked: bool) -> None:
    if asked:
        import importlib.metadata

        print(importlib.metadata.version("cx-helpers"))
        raise typer.Exit()


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="tell the version")] = False,
) -> None:
    pass


@app.command()
def init(
    name: Annotated[str, typer.Argument(metavar="NAME", help="the new folder in data/: small letters, digits and _")],
    first: Annotated[str, typer.Option("--from", metavar="FILE", help="an export: CSV, Excel, Parquet, SPSS, JSON")],
    more: Annotated[list[str], typer.Argument(metavar="[FILE]...", help="further files, of the same export or of other systems")] = [],  # noqa: B006
    label: Annotated[str, typer.Option(help="the brand's name as readers know it")] = "",
    date: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="one date for all rows, where the file holds none")] = "",
    no_answer: Annotated[str, typer.Option(metavar="CODES", help="values that mean no answer, such as 0,6,99")] = "",
    as_: Annotated[list[str], typer.Option("--as", metavar="COLUMN=ROLE", help="what a column is, where the guess is wrong")] = [],  # noqa: B006
    link: Annotated[bool, typer.Option("--link", help="read the files where they lie, without a copy")] = False,
    again: Annotated[bool, typer.Option("--again", help="propose anew, where nobody has edited the files")] = False,
) -> None:
    """Propose a brand's folder from exports of yours; it runs at once, and says what was guessed."""
    from cx_helpers.ingest.proposing.command import propose_from_words

    for line in propose_from_words(name, [first, *more], label=label, day=date, no_answer=no_answer, roles=as_, link=link, again=again):
        print(line)


@app.command()
def check(brand: BrandName) -> None:
    """Read a brand's configuration and tell every problem at once, with file and line."""
    from cx_helpers.config import load_brand
    from cx_helpers.config.metric_rules import metric_rules

    found = load_brand(brand)
    metric_rules(found)
    points, inputs, metrics = found.journey.touchpoints, found.journey.inputs, found.journey.metrics
    print(
        f"{brand}: good. {len(points)} touchpoints, {len(inputs)} inputs, {len(metrics)} metrics, "
        f"{len(found.sources.sources)} sources, {len(found.sql)} tables, {len(found.audiences)} audiences."
    )


@app.command()
def ingest(brand: BrandName) -> None:
    """Read new raw files into the tables; files that did not change are skipped."""
    from cx_helpers.batch.lock import writing
    from cx_helpers.config import load_brand

    found = load_brand(brand)
    with writing(brand, f"cx ingest {brand}"):
        _ingest(found)


@app.command()
def run(
    brand: BrandName,
    month: Annotated[str, typer.Option(help="YYYY-MM, latest, or a range such as 2018-01..2018-03")] = "latest",
    audience: Annotated[list[str], typer.Option(help="from audiences.yaml; may be repeated; all when left out")] = [],  # noqa: B006
    force: Annotated[bool, typer.Option("--force", help="make unchanged pages again")] = False,
    workers: Annotated[int, typer.Option(min=0, help="notebooks at a time; 0 is one a core")] = 0,
    set_: Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="a notebook's parameter")] = [],  # noqa: B006
    watch: Annotated[bool, typer.Option("--watch", help="stay, and do it again whenever a raw file arrives")] = False,
) -> None:
    """Make the reports of a month: ingest, run the notebooks, check them, publish the pages in one step."""
    from cx_helpers.batch.plan import check_run, month_form, settings_from
    from cx_helpers.config import load_brand

    found = load_brand(brand)
    settings = settings_from(set_)
    month_form(month)
    check_run(found, audience, settings)

    def make(brief: bool = False) -> bool:
        return _made(brand, month, audience, settings, force, workers, brief)

    if watch:
        from cx_helpers.batch.lock import writing
        from cx_helpers.batch.watch import reads, watch as stay

        with writing(brand, f"cx run {brand} --watch", "watch"):
            stay(brand, found.raw, lambda: make(brief=True), reads(found))
        return
    raise typer.Exit(DONE if make() else FAILED)


def _made(brand: str, month: str, audience: list[str], settings: dict[str, str], force: bool, workers: int, brief: bool) -> bool:
    """One ingest and one batch, under the brand's lock; whether every page is good."""
    from functools import partial

    from cx_helpers.batch.lock import writing
    from cx_helpers.batch.plan import make_plan, months_between
    from cx_helpers.batch.progress import carry_out
    from cx_helpers.config import load_brand
    from cx_helpers.tables.months import resolve_month

    found = load_brand(brand)
    with writing(brand, f"cx run {brand} --month {month}"):
        _ingest(found, brief)
        months = months_between(month, partial(resolve_month, found))
        return carry_out(make_plan(found, months, audience, settings=settings), force=force, workers=workers)


@app.command()
def ask_plan(
    brand: BrandName,
    month: Annotated[str, typer.Option(help="YYYY-MM, or latest")] = "latest",
) -> None:
    """Write who should be asked what next, through which channel, how long after and from which day, as ask_plan.csv in the brand's folder."""
    from cx_helpers.batch.lock import writing
    from cx_helpers.config.metric_rules import metric_rules
    from cx_helpers.journeys import ask_plan as plans, metric_fit
    from cx_helpers.study import Study

    study = Study.open(brand, month, notebook="02_journeys")
    rules = metric_rules(study.brand)
    put = metric_fit.how_asked(study)
    audit = metric_fit.audit(put, study.brand.journey, rules)
    plan = plans.ask_plan(put, audit, study.until, plans.permitted(study), rules["asked_too_often"].limit)
    with writing(brand, f"cx ask-plan {brand}"):
        path = plans.write(plan, study.brand.folder)
    print(f"{brand}: the next question of {len(plan):,} customers, as of {study.month}, in {path}. It holds pseudonyms: keep it in the brand's folder.")


@app.command()
def forget(
    brand: BrandName,
    customers: Annotated[list[str], typer.Argument(metavar="CUSTOMER...", help="customer ids, as the raw files write them")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="tell what would go, and change nothing")] = False,
) -> None:
    """Forget customers: raw rows, tables with their old versions, pages; and keep later exports from bringing them back."""
    from datetime import UTC, datetime

    from cx_helpers.batch.lock import writing
    from cx_helpers.batch.portal import write_portals
    from cx_helpers.config import load_brand, reports_folder
    from cx_helpers.ingest.persons.forget import forget as forget_customers

    found = load_brand(brand)
    with writing(brand, f"cx forget {brand}"):  # the ids themselves are written nowhere
        if not dry_run:
            (found.folder / ASK_PLAN).unlink(missing_ok=True)  # made from the tables as they were
        for line in forget_customers(found, customers, dry_run=dry_run):
            print(line)
        if not dry_run and (reports_folder() / brand).is_dir():
            write_portals(found, datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"))


@app.command()
def sample(
    rentals: Annotated[int | None, typer.Option(min=1, help="how many rentals; the brand's own size when left out")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="another seed gives another made-up brand")] = None,
    force: Annotated[bool, typer.Option("--force", help="write again though the files are there")] = False,
) -> None:
    """Write the raw exports of the made-up car-rental brand, where they are missing."""
    from cx_helpers.config import load_brand

    folder = load_brand("sample").raw
    if not force and folder.is_dir() and any(folder.iterdir()):
        print(f"sample: {folder} is there already; --force writes it again.")
        return
    from cx_helpers.sample import write

    given = {name: value for name, value in (("rentals", rentals), ("seed", seed)) if value is not None}
    write(folder, **given)
    print(f"sample: wrote {sum(1 for file in folder.iterdir() if file.is_file())} raw files to {folder}.")


@app.command()
def label(
    brand: BrandName,
    count: Annotated[int, typer.Option(min=1, help="how many comments in this sitting")] = 50,
    who: Annotated[str, typer.Option(help="who labels; kept beside each label where given")] = "",
) -> None:
    """Read comments and say what is felt in them; what to read next is proposed, and each answer is kept at once."""
    from cx_helpers.journeys.voice.labelling import begin, converse
    from cx_helpers.study import Study

    kept = converse(begin(Study.open(brand, notebook="02_journeys"), count=count, who=who), input, print)
    print(f"{brand}: kept {kept} labels in labels.csv.")


@app.command()
def doctor() -> None:
    """Tell what this installation has, and what it lacks: versions, folders, brands, browser."""
    from cx_helpers.batch.doctor import examine

    wrong = False
    for good, line in examine():
        wrong |= not good
        print(f"{'ok  ' if good else 'MISS'}  {line}")
    raise typer.Exit(FAILED if wrong else DONE)


def _ingest(brand, brief: bool = False) -> None:
    from cx_helpers.ingest import ingest as ingest_brand
    from cx_helpers.ingest.disk import disk_told

    try:
        with disk_told(brand.name, brand.folder):
            report = ingest_brand(brand)
    except ConfigError as error:
        # The command was right and the files were not: a scheduler must not take it for wrong use.
        raise DataError(str(error)) from error
    for line in report.lines[:1] if brief else report.lines:
        print(line, flush=True)
    listed = brand.raw / "actions.csv"
    if listed.is_file():
        from cx_helpers.follow_up.actions import ActionLog, import_actions

        import_actions(listed, ActionLog.of(brand.folder))
