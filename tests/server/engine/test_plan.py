"""What is planned for which machine, and which machine is refused."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from handlens.errors import EyeUnavailable, InvalidInput
from handlens.eye.protocol import EyeLimits
from handlens_server.engine import commands
from handlens_server.engine import open as open_module
from handlens_server.engine.commands import plan_text
from handlens_server.engine.hardware import GIB, Gpu, Hardware, find_hardware, parse_gpus, visible_gpus
from handlens_server.engine.open import engine_python, open_sight, planned
from handlens_server.engine.options import EngineOptions
from handlens_server.engine.plan import EnginePlan, plan_engines, shape_of

L4 = Gpu("NVIDIA L4", 24 * GIB, (8, 9))
H100 = Gpu("NVIDIA H100", 80 * GIB, (9, 0))
T4 = Gpu("Tesla T4", 15 * GIB, (7, 5))
A10 = Gpu("NVIDIA A10", 22 * GIB, (8, 6))
L40S = Gpu("NVIDIA L40S", 45 * GIB, (8, 9))
SMALL = "Qwen/Qwen3-VL-4B-Instruct"


def machine(*gpus: Gpu) -> Hardware:
    return Hardware(gpus, 32 * GIB, 8)


def plan(model: str, *gpus: Gpu, extra: tuple[str, ...] = (), offline: bool = False) -> EnginePlan:
    return plan_engines([model], machine(*gpus), extra=extra, offline=offline)[0]


def value(plan: EnginePlan, flag: str) -> str:
    return plan.arguments[plan.arguments.index(flag) + 1]


def test_a_model_that_fits_gets_the_context_that_is_enough() -> None:
    planned = plan(SMALL, L4)
    assert value(planned, "--model") == SMALL
    assert value(planned, "--max-model-len") == "65536"
    assert value(planned, "--gpu-memory-utilization") == "0.90"
    assert "--dtype" not in planned.arguments
    assert "--tensor-parallel-size" not in planned.arguments


def test_a_tight_fit_gets_less_context_and_says_so() -> None:
    planned = plan("Qwen/Qwen3-VL-8B-Instruct", Gpu("24 GB", 24 * GIB, (8, 9)))
    context = int(value(planned, "--max-model-len"))
    assert 8_192 <= context < 65_536
    assert context % 1024 == 0
    assert any("leave room" in reason for reason in planned.reasons)


def test_a_model_that_can_not_fit_is_refused_with_what_it_needs() -> None:
    with pytest.raises(InvalidInput, match="smaller model"):
        plan("Qwen/Qwen3-VL-32B-Instruct", L4)


def test_hopper_takes_the_fp8_checkpoint_under_the_asked_name() -> None:
    planned = plan("Qwen/Qwen3-VL-32B-Instruct", H100)
    assert value(planned, "--model") == "Qwen/Qwen3-VL-32B-Instruct-FP8"
    assert value(planned, "--served-model-name") == "Qwen/Qwen3-VL-32B-Instruct"


@pytest.mark.parametrize(
    ("gpu", "model", "weights"),
    [
        (L40S, "Qwen/Qwen3-VL-8B-Instruct", "Qwen/Qwen3-VL-8B-Instruct"),
        (L40S, "Qwen/Qwen3-VL-32B-Instruct", "Qwen/Qwen3-VL-32B-Instruct-FP8"),
        (A10, "Qwen/Qwen3-VL-8B-Instruct", None),  # an Ampere can't compute in FP8
    ],
)
def test_before_hopper_fp8_is_taken_only_where_nothing_else_fits(gpu: Gpu, model: str, weights: str | None) -> None:
    if weights is None:
        with pytest.raises(InvalidInput, match="smaller model"):
            plan(model, gpu)
    else:
        assert value(plan(model, gpu), "--model") == weights


def test_offline_the_checkpoint_is_the_one_that_was_named() -> None:
    assert value(plan(SMALL, H100, offline=True), "--model") == SMALL


@pytest.mark.parametrize(
    ("model", "fits"),
    [
        ("acme/Qwen3-VL-32B-Instruct-AWQ", True),
        ("acme/Qwen3-VL-32B-Instruct-w4a16", True),
        ("acme/Qwen3-VL-32B-Instruct-GPTQ-Int8", True),
        ("acme/Qwen3-VL-32B-Instruct-gui", False),
    ],
)
def test_quantized_checkpoints_are_known_by_their_names(model: str, fits: bool) -> None:
    if fits:
        assert value(plan(model, L40S), "--model") == model
    else:
        with pytest.raises(InvalidInput):
            plan(model, L40S)


def test_an_fp8_checkpoint_is_not_made_fp8_again() -> None:
    assert value(plan("Qwen/Qwen3-VL-8B-Instruct-FP8", H100), "--model") == "Qwen/Qwen3-VL-8B-Instruct-FP8"


def test_others_fine_tunes_are_left_as_they_are() -> None:
    assert value(plan("acme/Qwen3-VL-8B-Instruct-gui", H100), "--model") == "acme/Qwen3-VL-8B-Instruct-gui"


def test_an_old_gpu_computes_in_half() -> None:
    assert value(plan("Qwen/Qwen3-VL-2B-Instruct", T4), "--dtype") == "half"


def test_several_gpus_split_the_model_and_share_the_pictures() -> None:
    planned = plan("Qwen/Qwen3-VL-32B-Instruct", *[Gpu("A100", 80 * GIB, (8, 0))] * 3)
    assert value(planned, "--tensor-parallel-size") == "2"
    assert value(planned, "--mm-encoder-tp-mode") == "data"


def test_fp8_blocks_are_not_split_and_experts_stay_whole() -> None:
    eight = [H100] * 8
    assert value(plan("Qwen/Qwen3-VL-8B-Instruct", *eight), "--tensor-parallel-size") == "8"
    assert value(plan(SMALL, *eight), "--tensor-parallel-size") == "4"  # 9728 are no multiple of 8 blocks of 128
    large = plan("Qwen/Qwen3-VL-235B-A22B-Instruct", *eight)
    assert value(large, "--tensor-parallel-size") == "8"
    assert "--enable-expert-parallel" in large.arguments


def test_of_different_gpus_one_kind_is_used() -> None:
    display = Gpu("NVIDIA T400", 2 * GIB, (7, 5), 0)
    planned = plan(SMALL, display, Gpu("NVIDIA RTX 4090", 24 * GIB, (8, 9), 1))
    assert planned.environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert planned.environment["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert "--tensor-parallel-size" not in planned.arguments
    assert "CUDA_VISIBLE_DEVICES" not in plan(SMALL, A10, A10).environment


def test_a_gpu_that_vllm_does_not_run_on_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"Tesla P100 has 6\.0"):
        plan(SMALL, Gpu("Tesla P100", 16 * GIB, (6, 0)))


@pytest.mark.parametrize("gpus", [(L40S,), (A10, A10), (H100,)])
def test_two_models_share_the_memory_by_their_sizes(gpus: tuple[Gpu, ...]) -> None:
    routine, careful = plan_engines([SMALL, "Qwen/Qwen3-VL-8B-Thinking"], machine(*gpus))
    shares = [float(value(each, "--gpu-memory-utilization")) for each in (routine, careful)]
    assert shares[0] < shares[1]
    assert sum(shares) == pytest.approx(0.9, abs=0.011)
    assert all(int(value(each, "--max-model-len")) >= 8_192 for each in (routine, careful))


def test_only_the_thinking_model_gets_a_reasoning_parser() -> None:
    routine, careful = plan_engines([SMALL, "Qwen/Qwen3-VL-8B-Thinking"], machine(H100))
    assert "--reasoning-parser" not in routine.arguments
    assert value(careful, "--reasoning-parser") == "qwen3"


def test_without_a_gpu_the_cpu_build_is_planned() -> None:
    planned = plan(SMALL)
    assert planned.environment["VLLM_CPU_KVCACHE_SPACE"] == "4"
    assert "--enforce-eager" in planned.arguments
    assert "--gpu-memory-utilization" not in planned.arguments


def test_a_model_too_large_for_the_memory_is_refused_without_a_gpu() -> None:
    with pytest.raises(InvalidInput, match="No GPU"):
        plan("Qwen/Qwen3-VL-32B-Instruct")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_run_says_at_once_what_it_can_not_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with pytest.raises(InvalidInput, match=r"already in use.*--port"):
            commands.run(EngineOptions(python=Path("/no/python")), "127.0.0.1", taken.getsockname()[1])
    with pytest.raises(EyeUnavailable, match=r"/no/python can't be run .*engine\.python"):
        commands.run(EngineOptions(python=Path("/no/python")), "127.0.0.1", free_port())


def test_run_becomes_the_engine_and_never_opens_an_unguarded_port(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    became: list[tuple[Path, list[str], dict[str, str]]] = []
    monkeypatch.setattr(commands.os, "execve", lambda *given: became.append(given))
    options = EngineOptions(python=Path("/opt/vllm/python"), careful_model="Qwen/Qwen3-VL-8B-Thinking")
    port = free_port()
    commands.run(options, "0.0.0.0", port)
    commands.run(options.model_copy(update={"api_key": SecretStr("given")}), "0.0.0.0", port)
    (program, command, environment), (_, _, second) = became
    assert program == Path("/opt/vllm/python")
    assert command[-4:] == ["--host", "0.0.0.0", "--port", str(port)]
    assert SMALL in command
    assert environment["VLLM_API_KEY"] in capsys.readouterr().err
    assert second["VLLM_API_KEY"] == "given"


def test_this_machine_can_be_looked_at() -> None:
    found = find_hardware()
    assert found.memory > 0
    assert found.cores > 0


def test_a_folder_is_served_under_its_name_and_nothing_is_downloaded(tmp_path: Path) -> None:
    folder = tmp_path / "Qwen3-VL-8B-Instruct"
    folder.mkdir()
    planned = plan(str(folder), H100)
    assert value(planned, "--model") == str(folder)  # no FP8 sibling is guessed for a folder
    assert planned.environment["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize("name", ["/no/such/folder", "~/no-such-folder", "./no-such-folder", "no/such/folder"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(InvalidInput, match="There is no folder"):
        plan(name, L4)


def test_offline_is_passed_on() -> None:
    assert plan(SMALL, L4, offline=True).environment["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in plan(SMALL, L4).environment


def test_modelscope_names_are_told_to_vllm() -> None:
    planned = plan(f"modelscope:{SMALL}", L4)
    assert planned.environment["VLLM_USE_MODELSCOPE"] == "True"
    assert value(planned, "--model") == SMALL


@pytest.mark.parametrize("flag", [("--max-model-len", "4096"), ("--max_model_len=4096",)])
@pytest.mark.parametrize("gpus", [(T4,), ()])
def test_who_chooses_the_context_is_believed_that_the_model_fits(gpus: tuple[Gpu, ...], flag: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        plan("Qwen/Qwen3-VL-32B-Instruct", *gpus)
    planned = plan("Qwen/Qwen3-VL-32B-Instruct", *gpus, extra=flag)
    assert planned.arguments.count("--max-model-len") == flag.count("--max-model-len")


def test_a_persons_arguments_come_last_so_that_they_win() -> None:
    assert plan(SMALL, L4, extra=("--max-model-len", "4096")).arguments[-2:] == ("--max-model-len", "4096")


def test_the_plan_is_shown_as_a_command_that_a_shell_takes() -> None:
    lines = plan(SMALL, L4).shown(Path("/opt/my python")).splitlines()
    assert all(line.startswith("# ") for line in lines[:-1])
    words = shlex.split(lines[-1])
    assert "/opt/my python" in words
    assert '{"image": 8, "video": 0}' in words


def test_the_plan_of_both_tiers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_hardware", lambda: machine(H100))
    text = plan_text(EngineOptions(careful_model="Qwen/Qwen3-VL-8B-Thinking"))
    assert text.count("vllm.entrypoints.openai.api_server") == 2


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("Qwen/Qwen3-VL-30B-A3B-Thinking-FP8", 31.1),
        ("/models/qwen3-vl-2b-instruct", 2.1),
        ("Qwen/Qwen3-VL-7B", None),
        ("llava", None),
    ],
)
def test_shapes_are_known_by_name(name: str, size: float | None) -> None:
    shape = shape_of(name)
    assert (shape.parameters if shape else None) == size


def test_nvidia_smi_is_read_and_what_is_no_gpu_left_out() -> None:
    listing = "NVIDIA L4, 23034, 8.9\nNVIDIA H100 80GB HBM3, 81559, 9.0\nbroken line\n, [N/A], [N/A]\n"
    assert parse_gpus(listing) == (
        Gpu("NVIDIA L4", 23034 * 1024**2, (8, 9)),
        Gpu("NVIDIA H100 80GB HBM3", 81559 * 1024**2, (9, 0), 1),
    )
    assert parse_gpus("") == ()


@pytest.mark.parametrize(
    ("named", "indices"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("-1", []),
        ("1", [1]),
        ("2, 0", [2, 0]),
        ("1,9,2", [1]),
        ("GPU-8932f937", [0, 1, 2]),
    ],
)
def test_gpus_that_are_hidden_from_cuda_are_not_planned_for(named: str | None, indices: list[int]) -> None:
    gpus = tuple(Gpu("g", GIB, (8, 0), index) for index in range(3))
    assert [gpu.index for gpu in visible_gpus(gpus, named)] == indices


def test_a_missing_vllm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EyeUnavailable, match=r"engine\.python"):
        engine_python(EngineOptions(kind="vllm"))
    assert engine_python(EngineOptions(python=Path("/x/python"))) == Path("/x/python")


def test_sight_is_opened_as_the_options_say(tmp_path: Path) -> None:
    limits = EyeLimits()
    assert open_sight(EngineOptions(), limits, tmp_path) is None
    remote = open_sight(EngineOptions(urls=("http://a:1", "http://b:2/v1")), limits, tmp_path)
    assert remote is not None
    assert [link.endpoint.root for link in remote.eye.links] == ["http://a:1", "http://b:2"]
    assert remote.children == []


async def _two_children(folder: Path) -> int:
    sight = open_sight(EngineOptions(kind="vllm", careful_model="Qwen/Qwen3-VL-8B-Thinking"), EyeLimits(), folder)
    assert sight is not None
    return len(sight.children)


@pytest.mark.anyio
async def test_each_tier_gets_an_engine() -> None:
    assert await _two_children(Path("/tmp/x")) == 2


@pytest.mark.anyio
async def test_a_folder_that_is_too_long_for_a_socket_is_refused() -> None:
    with pytest.raises(EyeUnavailable, match="TMPDIR"):
        await _two_children(Path("/tmp") / ("x" * 120))


def test_plans_are_made_for_routine_first() -> None:
    options = EngineOptions(careful_model="Qwen/Qwen3-VL-8B-Thinking")
    assert [plan.model for plan in planned(options, machine(H100))] == [SMALL, "Qwen/Qwen3-VL-8B-Thinking"]
