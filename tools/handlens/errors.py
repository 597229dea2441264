"""Everything that handlens raises on purpose.

    HandlensError
    ├── InvalidInput            the arguments can't be right; correct them and call again
    ├── Refused                 the guard said no to a URL, an address, an origin or a path
    ├── NotFound                what was named does not exist, has ended or belongs to someone else
    │   ├── NoSuchSession
    │   └── NoSuchArtifact
    ├── LimitExceeded           a limit was hit; ``setting`` names the one to change
    │   └── TimedOut
    ├── BrowserError
    │   ├── BrowserUnavailable  no browser could be found, started or reached
    │   ├── BrowserDied         the browser or the page's process ended in the middle
    │   └── NavigationFailed    the page could not be loaded
    ├── TargetError             the page would not let us act on, or look at, what was named
    ├── DocumentError           the document can't be read
    │   └── PasswordRequired
    ├── ReadingError            what was looked at is not what was asked for (a login page is not a console)
    ├── OcrUnavailable          OCR's packages are not installed
    ├── EyeError
    │   ├── EyeUnavailable      no engine answers
    │   ├── EyeBusy             the queue for questions is full
    │   └── EyeAnswerInvalid    the answer does not parse, or lies outside the picture
    └── StorageError            an artifact could not be kept (disk full, folder gone)

Each message is written for the model that called the tool: what happened, then what to do next.
"""

from __future__ import annotations

__all__ = [
    "BrowserDied",
    "BrowserError",
    "BrowserUnavailable",
    "DocumentError",
    "EyeAnswerInvalid",
    "EyeBusy",
    "EyeError",
    "EyeUnavailable",
    "HandlensError",
    "InvalidInput",
    "LimitExceeded",
    "NavigationFailed",
    "NoSuchArtifact",
    "NoSuchSession",
    "NotFound",
    "OcrUnavailable",
    "PasswordRequired",
    "ReadingError",
    "Refused",
    "StorageError",
    "TargetError",
    "TimedOut",
]


class HandlensError(Exception):
    """The root: everything below is safe to show to the caller."""


class InvalidInput(HandlensError): ...


class Refused(HandlensError): ...


class NotFound(HandlensError): ...


class NoSuchSession(NotFound): ...


class NoSuchArtifact(NotFound): ...


class LimitExceeded(HandlensError):
    """A limit was hit. ``setting`` is the dotted name of the setting that holds it."""

    def __init__(self, message: str, *, setting: str) -> None:
        super().__init__(f"{message} (setting {setting})")
        self.setting = setting


class TimedOut(LimitExceeded): ...


class BrowserError(HandlensError): ...


class BrowserUnavailable(BrowserError): ...


class BrowserDied(BrowserError): ...


class NavigationFailed(BrowserError): ...


class TargetError(HandlensError): ...


class DocumentError(HandlensError): ...


class PasswordRequired(DocumentError): ...


class ReadingError(HandlensError): ...


class OcrUnavailable(HandlensError): ...


class EyeError(HandlensError): ...


class EyeUnavailable(EyeError): ...


class EyeBusy(EyeError): ...


class EyeAnswerInvalid(EyeError): ...


class StorageError(HandlensError): ...
