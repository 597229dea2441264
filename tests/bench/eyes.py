"""The scripted eye of `bench_locate.py`: it knows where the right element is, or is blind in one of several ways."""

from __future__ import annotations

from playwright.async_api import Page

from handlens.errors import EyeError
from handlens.eye.views import View
from handlens.geometry import Box, Frame, Size
from handlens.kit import Caller
from handlens.locate.locate import Located
from handlens.locate.policy import LookPolicy
from handlens.locate.sight import Looking
from handlens.locate.weighing import weighed
from handlens.testing.pointing_eye import Manner, pointing
from handlens.testing.scripted_eye import ScriptedEye
from handlens.tool import Picture

TRUTH = """selector => { for (const el of document.querySelectorAll(selector)) {
  const r = el.getBoundingClientRect();
  if (r.width > 0 && r.height > 0 && r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth)
    return [r.x, r.y, r.width, r.height]; }
  return null; }"""


class BenchEye:
    """Joins sight to what structure located, as the tools do, and counts what it was asked."""

    def __init__(self, manner: Manner, noise: float, look: str, without: str) -> None:
        self._manner: Manner = manner
        self._noise = noise
        off = {step: 1 if step == "votes" else False for step in without.split(",") if step}
        self._policy = LookPolicy.model_validate({"when": look, **off})
        self.questions = self.asked = self.saved = 0

    async def looked(self, page: Page, located: Located, description: str, selector: str, sure: float) -> Located:
        best = located.best
        if self._policy.when == "unsure" and best is not None and best.confidence >= sure:
            self.saved += 1
            return located
        self.asked += 1
        found = await page.evaluate(TRUTH, selector) if selector != "-" else None
        truth = Box(x=found[0], y=found[1], width=found[2], height=found[3]) if found else None
        eye = ScriptedEye([pointing(lambda _: truth, noise=self._noise, manner=self._manner, seed=self.asked)])
        shot = await page.screenshot(scale="css")
        size = page.viewport_size or {"width": 1280, "height": 720}
        frame = Frame(image_size=Size(width=size["width"], height=size["height"]))
        plausible = {one.candidate.key: one.plausibility for one in located.targets}
        looking = Looking(
            eye, self._policy, Caller(), View(Picture(shot), frame), description, located.snapshot, plausible
        )
        try:
            return weighed(located, await looking.search())
        except EyeError:
            return located
        finally:
            self.questions += looking.questions
