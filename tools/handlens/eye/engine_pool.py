"""Several engines as one: the least busy gets the next question, unless another has just seen the same picture."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from handlens.eye.engine_link import EngineLink
from handlens.eye.protocol import Effort

AFFINITY_SLACK = 2
"""How many questions more than the least busy engine the one that knows the picture may have to be preferred."""


class EnginePool:
    """Chooses among links that are up and see. ``wanted`` names the model of each tier; None takes it by edition."""

    def __init__(self, links: Sequence[EngineLink], wanted: dict[Effort, str | None]) -> None:
        self.links = tuple(links)
        self._wanted = wanted

    def choose(
        self, effort: Effort, key: str, *, without: Collection[EngineLink] = ()
    ) -> tuple[EngineLink, str] | None:
        """An engine and its model for a question about the picture ``key``; None where nobody can be asked.

        Careful questions go to a routine model where no careful one is served.
        """
        for tier in ("careful", "routine") if effort == "careful" else ("routine", "careful"):
            able = [
                (link, model)
                for link in self.links
                if link.up
                and link.seeing
                and link not in without
                and (model := link.model_for(tier, self._wanted.get(tier)))
            ]
            if able:
                return self._best(able, key)
        return None

    def models_of(self, link: EngineLink) -> list[str]:
        """The models of ``link`` that a tier would use, whether they see or not."""
        tiers: tuple[Effort, ...] = ("routine", "careful")
        named = (link.model_for(tier, self._wanted.get(tier), blind_too=True) for tier in tiers)
        found = [model for model in named if model]
        return list(dict.fromkeys(found))

    @staticmethod
    def _best(able: list[tuple[EngineLink, str]], key: str) -> tuple[EngineLink, str]:
        least = min(link.outstanding for link, _ in able)
        ranked = sorted(able, key=lambda each: _rank(each[0].endpoint.url + str(each[0].endpoint.socket or ""), key))
        preferred = ranked[0]  # the same picture always ranks the engines alike, whoever asks
        if preferred[0].outstanding <= least + AFFINITY_SLACK:
            return preferred
        return min(ranked, key=lambda each: each[0].outstanding)


def _rank(name: str, key: str) -> bytes:
    return hashlib.blake2b(f"{name}\0{key}".encode(), digest_size=8).digest()
