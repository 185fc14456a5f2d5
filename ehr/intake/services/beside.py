"""A second process for the half of a long piece of work: rules are Python, and one Python fills one core."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, connections

log = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def may_fork() -> bool:
    """Whether a fork is safe here (no other thread, no open transaction) and worth it (a second core)."""
    return (
        hasattr(os, "fork")
        and threading.active_count() == 1
        and not connection.in_atomic_block
        and len(os.sched_getaffinity(0)) > 1
    )


@contextlib.contextmanager
def beside(work: Callable[[], Any], *, when: bool) -> Iterator[None]:
    """Runs `work` in a forked process beside the body of the `with`, if `when` and where that is possible; waits for it
    at the end. It has connections of its own and dies with this process. Whoever calls must be right without it: it may
    not run at all, and what it fails to do is to be done afterwards; its errors are only logged."""
    child = _fork(work) if when and may_fork() else 0
    try:
        yield
    except BaseException:
        if child:
            os.kill(child, signal.SIGKILL)
        raise
    finally:
        if child and (status := os.waitpid(child, 0)[1]):
            log.warning("the helper process ended with %s", os.waitstatus_to_exitcode(status))


def _fork(work: Callable[[], Any]) -> int:
    gc.freeze()  # so that the collector does not copy the pages that both share; collecting first costs more
    parent = os.getpid()
    child = os.fork()
    if child:
        gc.unfreeze()
        return child
    status = 1
    try:
        _detach(parent)
        work()
        status = 0
    except BaseException as error:  # nothing may climb into the frames of the parent's work
        # Without its text: that of a database error shows the row. What is left is done, or fails, in the parent.
        log.error("the helper process failed: %s", type(error).__name__)
    finally:
        with contextlib.suppress(Exception):
            connections.close_all()
        os._exit(status)


_kept: list[Any] = []


def _detach(parent: int) -> None:
    """Own signals and connections. The parent's are kept alive: closing them here would end its sessions."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    if os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died in between
        os._exit(1)
    for each in connections.all(initialized_only=True):
        _kept.append(each.connection)
        each.connection = None
