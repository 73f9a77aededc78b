"""Texts without this machine's paths: results are committed, and read elsewhere."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path


class Redaction:
    """Replaces paths by names, the longest path first."""

    def __init__(self, names: Mapping[Path, str]) -> None:
        self._names = sorted(((str(path), name) for path, name in names.items()), key=lambda pair: -len(pair[0]))

    def text(self, text: str) -> str:
        for path, name in self._names:
            text = text.replace(path, name)
        return text

    def command(self, words: Sequence[str]) -> str:
        """As one would type it."""
        return shlex.join(self.text(word) for word in words)
