"""The worker processes of a run: started by spawn, renewed when one died, ended when the batch ends."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

WORDS = "worker-"


class Pool:
    """Worker processes, started by spawn (the table engine does not survive a fork), renewed after one died."""

    def __init__(self, workers: int, folder: Path):
        self.workers = workers
        self.folder = folder
        self.executor = None
        self.renew()

    def renew(self) -> None:
        if self.executor is not None:
            self.executor.shutdown(wait=False, cancel_futures=True)
        context = multiprocessing.get_context("spawn")
        self.executor = ProcessPoolExecutor(self.workers, mp_context=context, initializer=begin_worker, initargs=(self.folder,))

    def submit(self, call, *arguments) -> Future:
        try:
            return self.executor.submit(call, *arguments)
        except BrokenProcessPool:
            self.renew()
            return self.executor.submit(call, *arguments)

    def kill(self) -> None:
        """Ends the workers at once; each kernel ends by itself when its worker is gone."""
        for child in multiprocessing.active_children():
            child.kill()
        self.executor.shutdown(wait=False, cancel_futures=True)

    def end(self) -> None:
        self.executor.shutdown()


def begin_worker(folder: Path) -> None:
    """Run first in each worker: it ends when the batch is gone, leaves Ctrl-C to it, and keeps kernels' talk apart."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    words = os.open(folder / f"{WORDS}{os.getpid()}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(words, 1)
    os.dup2(words, 2)
    os.environ["CX_KERNEL_WORDS"] = str((folder / f"{WORDS}{os.getpid()}.txt").resolve())

    def wait() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
