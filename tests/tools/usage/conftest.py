"""What tests of the usage history share."""

from fakes.databases import history

__all__ = ["history"]
