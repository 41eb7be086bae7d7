"""From raw exports to published tables: nothing lost, every row accounted for."""

from cx_helpers.ingest.publish import IngestReport, ingest

__all__ = ["IngestReport", "ingest"]
