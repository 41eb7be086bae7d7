"""`cx ask-plan` writes the plan beside the tables, `cx check` reads the brand's rules, and forgetting removes the plan."""

import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from cx_helpers.cli import app
from cx_helpers.errors import ConfigError
from cx_helpers.journeys import ask_plan


def test_the_plan_names_pseudonyms_of_customers_who_permit_it(sample_data, tmp_path, monkeypatch):
    shutil.copytree(sample_data, tmp_path / "data")
    monkeypatch.setenv("CX_DATA", str(tmp_path / "data"))
    told = CliRunner().invoke(app, ["ask-plan", "sample"], catch_exceptions=False)
    file = tmp_path / "data" / "sample" / ask_plan.FILE
    plan = pd.read_csv(file)
    assert told.exit_code == 0 and f"{len(plan):,} customers" in told.stdout and list(plan) == ask_plan.PLAN
    assert plan["customer_id"].str.fullmatch("[0-9a-f]{32}").all() and plan["customer_id"].is_unique
    (tmp_path / "data" / "sample" / "metric_rules.yaml").write_text("blind: {limit: 3}\n")
    with pytest.raises(ConfigError, match="metric_rules.yaml:1: blind.limit"):
        CliRunner().invoke(app, ["check", "sample"], catch_exceptions=False)


def test_forgetting_removes_the_plan_and_a_dry_run_leaves_it(shop, monkeypatch):
    shop.ingest()
    plan = shop.folder / ask_plan.FILE
    plan.write_text("customer_id\n")
    monkeypatch.setattr("cx_helpers.ingest.persons.forget.forget", lambda brand, customers, dry_run: [])
    assert CliRunner().invoke(app, ["forget", "shop", "c1", "--dry-run"]).exit_code == 0 and plan.exists()
    assert CliRunner().invoke(app, ["forget", "shop", "c1"]).exit_code == 0 and not plan.exists()
