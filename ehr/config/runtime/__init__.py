"""Starting the system on one machine: embedded servers, first-time set-up, supervisor.

Settings import this package at every start, so importing it must stay cheap: standard library only, nothing started.
"""

import errno


class StartupError(Exception):
    """The system cannot start; the message is one Vietnamese sentence for the person at the keyboard."""


_REASONS = {
    errno.EACCES: "không có quyền",
    errno.EPERM: "không có quyền",
    errno.EROFS: "ổ đĩa chỉ đọc",
    errno.ENOSPC: "hết chỗ trên đĩa",
    errno.EDQUOT: "hết hạn mức đĩa",
    errno.EADDRINUSE: "chương trình khác đang dùng",
    errno.EADDRNOTAVAIL: "máy này không có địa chỉ đó",
}


def reason(error: OSError) -> str:
    """Why the operating system refused, in Vietnamese where the reader can do something about it."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))
