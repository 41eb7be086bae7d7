"""A brand small enough to be served at once: 154 orders, a branch too small to be shown, long waits that were told of."""

from pathlib import Path

YAML = """
label: Tea rooms
unit: {one: branch, many: branches}
journey: {one: order, many: orders}
stages:
  - id: buy
    label: Buy
    touchpoints:
      - id: counter
        label: Counter
        inputs:
          - {id: wait_minutes, label: Minutes waited, unit: minutes, better: lower, standard: 12, minimum: 0}
        metrics:
          - {id: csat, kind: csat, label: Satisfaction with the counter}
      - {id: table, label: At the table}
remembered:
  - {id: nps, kind: nps, label: Would recommend}
segments:
  - {id: region, label: Region}
states:
  - {id: waited, label: Waited long, when: {counter.wait_minutes: {min: 12}}}
  - {id: smooth, label: No long wait}
"""
SOURCES = """
sources:
  orders: {file: orders.csv}
"""
SQL = {
    "journeys": "id AS journey_id, customer AS customer_id, came AS started_at, left_at AS ended_at, 'completed' AS status, unit, 10 AS value, region",
    "inputs": "id AS journey_id, 'counter' AS touchpoint, 'wait_minutes' AS input, wait AS value, came AS measured_at",
    "responses": "'n' || id AS response_id, id AS journey_id, 'overall' AS touchpoint, 'nps' AS metric, nps AS score, left_at AS asked_at, left_at AS answered_at, asked AS channel",
    "comments": "'k' || id AS comment_id, id AS journey_id, customer AS customer_id, 'counter' AS touchpoint, 'survey' AS origin, 'direct' AS directness, said AS text, left_at AS written_at",
}
MORE = {
    "responses": "UNION ALL SELECT 'c' || id, id, 'counter', 'csat', csat, came, came, asked, _source FROM orders",
    "comments": "WHERE said <> ''",
    "events": """
SELECT id || t AS event_id, id AS journey_id, customer AS customer_id, t AS touchpoint, CASE t WHEN 'counter' THEN came ELSE sat END AS started_at, unit, _source AS source
FROM orders, (VALUES ('counter'), ('table')) AS steps(t)
""",
}
REGIONS = ("north",) * 60 + ("south",) * 50 + ("east",) * 40 + ("island",) * 4


def write(root: Path) -> Path:
    """Writes the brand `tea` into a data folder."""
    folder = root / "tea"
    (folder / "raw").mkdir(parents=True)
    (folder / "sql").mkdir()
    (folder / "journey.yaml").write_text(YAML)
    (folder / "sources.yaml").write_text(SOURCES)
    for table in ("journeys", "inputs", "responses", "comments", "events"):
        chosen = f"SELECT {SQL[table]}, _source AS source FROM orders " if table in SQL else ""
        (folder / "sql" / f"{table}.sql").write_text(chosen + MORE.get(table, ""))
    lines = ["id,customer,came,sat,left_at,unit,region,wait,nps,csat,asked,said"]
    for i, region in enumerate(REGIONS):
        day, waited = f"2026-{1 + i % 2:02}-{1 + i % 28:02}", i % 3 == 0
        score = 2 + i % 4 if waited else 8 + i % 3
        said = "the queue at the counter took for ever" if waited else "lovely <b>scones</b>" if i % 5 == 1 else ""
        lines.append(f"o{i},c{i},{day} 10:00,{day} 10:30,{day} 12:00,{region}-{i % 2},{region},{25 if waited else 5},{score},{2 if waited else 4},{('email', 'text')[i % 2]},{said}")
    (folder / "raw" / "orders.csv").write_text("\n".join(lines) + "\n")
    return folder


def ingest(root: Path) -> None:
    """Writes and ingests it; CX_DATA must name `root`."""
    from cx_helpers.config import load_brand
    from cx_helpers.ingest import ingest as run

    write(root)
    run(load_brand("tea"))
