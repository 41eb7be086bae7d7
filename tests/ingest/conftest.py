"""A real PostgreSQL, started once for the tests that need one."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres():
    """URL of a PostgreSQL server of its own, with a password; skips where none is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found and not shutil.which("initdb"):
        pytest.skip("no PostgreSQL is installed (initdb)")
    bin_folder = found[-1].parent if found else Path(shutil.which("initdb")).parent
    folder = Path(tempfile.mkdtemp(prefix="cx-postgres-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # initdb refuses root
        user = next((name for name in ("postgres", "nobody") if any(name == entry.pw_name for entry in pwd.getpwall())), None)
        if user is None or not shutil.which("runuser"):
            pytest.skip("PostgreSQL refuses root, and there is no other user to run it as")
        shutil.chown(folder, user)
        as_user = ["runuser", "-u", user, "--"]
    password = secrets.token_hex(12)
    (folder / "word").write_text(password)
    (folder / "word").chmod(0o644)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command):
        subprocess.run([*as_user, *map(str, command)], check=True, capture_output=True, cwd=folder, timeout=120)

    run(bin_folder / "initdb", "-D", folder / "db", "-U", "analyst", "--auth=scram-sha-256", "--pwfile", folder / "word", "--encoding=UTF8", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(bin_folder / "pg_ctl", "-D", folder / "db", "-w", "-l", folder / "log", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://analyst:{password}@127.0.0.1:{port}/postgres"
    finally:
        run(bin_folder / "pg_ctl", "-D", folder / "db", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
