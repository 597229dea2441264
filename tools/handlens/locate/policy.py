"""What may be done without asking: thresholds and the words that make a target look destructive."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from handlens.locate.text import fold, is_cjk

DESTRUCTIVE = (
    "delete", "remove", "erase", "destroy", "drop", "terminate", "purge", "wipe", "discard", "pay", "buy",
    "purchase", "place order", "checkout", "transfer", "send", "publish", "unsubscribe", "deactivate", "revoke",
    "reset", "shut down", "删除", "移除", "清空", "销毁", "支付", "付款", "购买", "下单",
    "结算", "转账", "发送", "发布",
    "注销", "停用", "重置", "关机",
)  # fmt: skip


class LookPolicy(BaseModel):
    """What is done with an engine's sight where page structure is not sure. Every step can be switched off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Literal["unsure", "always", "never"] = Field(
        default="unsure", description="Ask an engine where to click: where page structure is unsure, always or never."
    )
    second_view: bool = Field(default=True, description="Look twice, the second time at a shifted picture.")
    zoom: bool = Field(default=True, description="Look closely where views disagree or the target is small.")
    votes: int = Field(default=4, ge=1, le=9, description="Looks at most, without the careful one.")
    snap: bool = Field(default=True, description="Take the element at the place that was seen.")
    careful: bool = Field(default=True, description="Ask the Thinking model where the looks disagree.")


class ActPolicy(BaseModel):
    """How careful the hands are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_confidence: float = Field(
        default=0.6, ge=0, le=1, description="Below it nothing is clicked, unless a call says so."
    )
    confirm: Literal["never", "destructive", "always"] = Field(
        default="never",
        description="Ask before a click or a key that presses: never, on what looks destructive, or always.",
    )
    destructive: tuple[str, ...] = Field(default=DESTRUCTIVE, description="Words that make a target look destructive.")
    dismiss_covers: Literal["never", "when_told", "always"] = Field(
        default="when_told", description="Close what covers a target: never, when a call says so, or always."
    )
    ask: bool = Field(default=True, description="Ask the person where the client can, instead of offering a choice.")
    memory: Path | None = Field(
        default=None, description="Folder in which places that proved right are remembered; unset: for this process."
    )
    settle_seconds: float = Field(default=2.0, gt=0, description="A target that moves for longer is not clicked.")
    effect_seconds: float = Field(default=0.7, gt=0, description="An effect is waited for so long.")
    look: LookPolicy = Field(default=LookPolicy())
    secrets: dict[str, SecretStr] = Field(
        default={}, description="Values that fill_described_field may fill in by name, unseen by the model."
    )

    def dismisses(self, *, told: bool) -> bool:
        """Whether what covers a target may be closed; ``told``: the call says so."""
        return self.dismiss_covers == "always" or (told and self.dismiss_covers == "when_told")

    def asks_for(self, *texts: str) -> bool:
        """Whether a target that says these texts needs a confirmation first."""
        if self.confirm != "destructive":
            return self.confirm == "always"
        said = fold(" ".join(texts))
        return any(
            (fold(word) in said) if is_cjk(word) else re.search(rf"\b{re.escape(fold(word))}", said)
            for word in self.destructive
        )
