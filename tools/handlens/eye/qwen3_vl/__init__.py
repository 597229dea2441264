"""All that handlens knows of Qwen3-VL: its questions, answers, grid and tokens. No other module knows any of it."""

from handlens.eye.qwen3_vl.computer_use import ComputerAction, parse_actions, system_prompt
from handlens.eye.qwen3_vl.document import (
    HTML_QUESTION,
    MARKDOWN_QUESTION,
    Element,
    PageReading,
    parse_html,
    parse_markdown,
    parse_page,
)
from handlens.eye.qwen3_vl.editions import REASONING_PARSER, Edition, edition_of, sampling
from handlens.eye.qwen3_vl.grounding import (
    BoxAnswers,
    Place,
    Places,
    PointAnswers,
    box_question,
    parse_places,
    point_question,
    quoted,
    read_places,
)
from handlens.eye.qwen3_vl.thinking import Reply, split_reasoning
from handlens.eye.qwen3_vl.tokens import DOCUMENT, ENGINE_DEFAULT, PixelBudget, fitted, picture_tokens, resized

__all__ = [
    "DOCUMENT",
    "ENGINE_DEFAULT",
    "HTML_QUESTION",
    "MARKDOWN_QUESTION",
    "REASONING_PARSER",
    "BoxAnswers",
    "ComputerAction",
    "Edition",
    "Element",
    "PageReading",
    "PixelBudget",
    "Place",
    "Places",
    "PointAnswers",
    "Reply",
    "box_question",
    "edition_of",
    "fitted",
    "parse_actions",
    "parse_html",
    "parse_markdown",
    "parse_page",
    "parse_places",
    "picture_tokens",
    "point_question",
    "quoted",
    "read_places",
    "resized",
    "sampling",
    "split_reasoning",
    "system_prompt",
]
