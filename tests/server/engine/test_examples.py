"""The worked examples of several engines say what handlens understands and plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from handlens_server.auth import transport_security
from handlens_server.engine.hardware import GIB, Gpu, Hardware
from handlens_server.engine.plan import plan_engines
from handlens_server.settings import HttpSettings, Settings, load

ENGINES = Path(__file__).resolve().parents[3] / "examples" / "engines"


def _compose() -> tuple[list[list[str]], dict[str, str], int]:
    services = yaml.safe_load((ENGINES / "compose.yaml").read_text())["services"]
    engines = [service["command"] for name, service in services.items() if name.startswith("engine")]
    environment = {
        name: value.replace("${HANDLENS_KEY:?set it in .env}", "t" * 40)
        for name, value in services["handlens"]["environment"].items()
    }
    return engines, environment, len(engines)


def _kubernetes() -> tuple[list[list[str]], dict[str, str], int]:
    parts: dict[str, Any] = {
        (part["kind"], part["metadata"]["name"]): part
        for part in yaml.safe_load_all((ENGINES / "kubernetes.yaml").read_text())
    }
    engines = parts["StatefulSet", "engine"]["spec"]
    (container,) = parts["Deployment", "handlens"]["spec"]["template"]["spec"]["containers"]
    secrets = {"HANDLENS_HTTP_TOKENS": json.dumps({"agent": "t" * 40}), "HANDLENS_ENGINE_API_KEY": "k"}
    environment = {each["name"]: each.get("value", secrets.get(each["name"], "")) for each in container["env"]}
    return [engines["template"]["spec"]["containers"][0]["args"]], environment, engines["replicas"]


EXAMPLES = pytest.mark.parametrize("read", [_compose, _kubernetes])


@EXAMPLES
def test_handlens_understands_its_environment_and_asks_every_engine(read: Any) -> None:
    _, environment, count = read()
    settings, origins = load(environment=environment)
    assert settings != Settings()
    assert len(origins) == len(environment)  # no name is misspelt
    assert len(settings.engine.urls) == count
    assert settings.engine.api_key is not None
    assert len(settings.http.tokens["agent"].get_secret_value()) == 40


def test_a_probe_of_handlens_says_a_host_that_handlens_takes() -> None:
    parts = yaml.safe_load_all((ENGINES / "kubernetes.yaml").read_text())
    (deployment,) = [part for part in parts if part["kind"] == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (header,) = container["readinessProbe"]["httpGet"]["httpHeaders"]
    assert header["name"] == "Host"
    assert header["value"] in transport_security(HttpSettings(host="0.0.0.0")).allowed_hosts


def test_the_browser_of_the_image_is_where_its_user_looks() -> None:
    image = yaml.safe_load((ENGINES / "compose.yaml").read_text())["services"]["handlens"]["build"]["dockerfile_inline"]
    assert image.index("ENV PLAYWRIGHT_BROWSERS_PATH=") < image.index("playwright install") < image.index("USER ")


@EXAMPLES
def test_the_engines_run_as_planned(read: Any) -> None:
    hardware = Hardware((Gpu("24 GB", 24 * GIB, (8, 9)),), 64 * GIB, 8)
    (plan,) = plan_engines(["Qwen/Qwen3-VL-4B-Instruct"], hardware)
    for command in read()[0]:
        assert _flags(command) == _flags(plan.arguments)


def _flags(arguments: Any) -> dict[str, Any]:
    flags: dict[str, Any] = {}
    words = [part for word in arguments for part in (word.split("=", 1) if word.startswith("--") else [word])]
    for word in words:
        if word.startswith("--"):
            flags[word] = None
        else:
            flags[list(flags)[-1]] = json.loads(word) if word.startswith("{") else word
    return flags
