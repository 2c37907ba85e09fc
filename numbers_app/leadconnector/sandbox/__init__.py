"""A stand-in for the provider's phone API, to rehearse against; see docs/sandbox.md.

It imports nothing else of ours.
"""

from .ledger import Call, Ledger, Sale
from .magic import MAGIC, Magic, magic_for, number_for
from .options import SandboxOptions
from .server import Sandbox

__all__ = [
    "MAGIC",
    "Call",
    "Ledger",
    "Magic",
    "Sale",
    "Sandbox",
    "SandboxOptions",
    "magic_for",
    "number_for",
]
