"""In which order the subjects of a row take their turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

Subject = TypeVar("Subject")


def turns(subjects: Sequence[Subject], reference: Subject, round_number: int) -> list[tuple[int, Subject]]:
    """One round's turns, each with the number of its group; every second round goes backwards.

    A machine's speed drifts within minutes. So the reference runs between every two of the others, `a R b  c R d  e R`,
    and each is compared with the run of the reference right before or after its own: the one of its group. What still
    drifts within a group, the reversed rounds turn round.
    """
    others = [subject for subject in subjects if subject != reference]
    order: list[tuple[int, Subject]] = []
    for group, start in enumerate(range(0, len(others), 2)):
        pair = others[start : start + 2]
        order += [(group, subject) for subject in (pair[0], reference, *pair[1:])]
    if not others:
        order = [(0, reference)]
    return order if round_number % 2 == 0 else order[::-1]
