"""What a person may say about the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

EngineKind = Literal["embedded", "vllm", "host"]


class EngineOptions(BaseModel):
    """Sight: which engine, which models. With ``urls`` handlens starts none of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EngineKind = Field(
        default="embedded", description="embedded (no engine), vllm (start one here) or host (ask the host's model)."
    )
    urls: tuple[str, ...] = Field(default=(), description="Engines that run elsewhere: any OpenAI-compatible API.")
    api_key: SecretStr | None = Field(default=None, description="Their API key.")
    model: str = Field(
        default="Qwen/Qwen3-VL-4B-Instruct",
        description="Everyday model: a hub name, a folder, or modelscope:NAME. With urls: the name it is served by.",
    )
    careful_model: str | None = Field(default=None, description="Thinking model for what routine is unsure of.")
    args: tuple[str, ...] = Field(default=(), description="Further vLLM arguments; they win over the planned ones.")
    python: Path | None = Field(default=None, description="A Python that has vLLM, where ours has not.")
    offline: bool = Field(default=False, description="Never download models.")
    check: bool = Field(default=True, description="Use an engine only if it finds drawn targets when it comes up.")
    start_seconds: float = Field(
        default=1_800, gt=0, description="An engine has so long to answer; the first start downloads its model."
    )
    stop_seconds: float = Field(default=2, ge=0, description="Questions have so long to end, then the engine.")
