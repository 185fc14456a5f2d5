"""Starting the system on one machine: embedded servers, first-time set-up, supervisor.

Settings import this package at every start, so importing it must stay cheap: standard library only, nothing started.
"""


class StartupError(Exception):
    """The system cannot start; the message is one Vietnamese sentence for the person at the keyboard."""
