"""Tools that ask the client for input by their result, and are called again with the answer."""

from __future__ import annotations

import json
from typing import Any

import mcp_types as types
from toolbox import Call, Context, Result, filled, form, needs, said, sampling, tool


@tool()
async def input_required_result_elicitation(_: Context, call: Call) -> Result:
    name = filled(call, "user_name", "name")
    return said(f"Hello, {name}!") if name else needs(user_name=form("What is your name?", name="string"))


@tool()
async def input_required_result_sampling(_: Context, call: Call) -> Result:
    answer = (call.input_responses or {}).get("sample_request")
    if isinstance(answer, types.CreateMessageResult):
        return said(f"Sampling result: {getattr(answer.content, 'text', '')}")
    return needs(sample_request=sampling("What is the capital of France?"))


@tool()
async def input_required_result_list_roots(_: Context, call: Call) -> Result:
    answer = (call.input_responses or {}).get("roots_request")
    if isinstance(answer, types.ListRootsResult):
        return said(f"Found {len(answer.roots)} root(s)")
    return needs(roots_request=types.ListRootsRequest())


@tool()
async def input_required_result_request_state(_: Context, call: Call) -> Result:
    if call.request_state == "confirming" and filled(call, "confirm", "ok"):
        return said("state-ok: requestState validated")
    return needs("confirming", confirm=form("Please confirm", ok="boolean"))


@tool()
async def input_required_result_tampered_state(_: Context, call: Call) -> Result:
    if call.request_state == "sealed" and filled(call, "confirm", "ok"):
        return said("integrity-ok: state verified")
    return needs("sealed", confirm=form("Please confirm", ok="boolean"))


@tool()
async def input_required_result_multiple_inputs(_: Context, call: Call) -> Result:
    answers = call.input_responses or {}
    if call.request_state == "asked" and {"user_name", "greeting", "client_roots"} <= answers.keys():
        return said(f"Name: {filled(call, 'user_name', 'name')}; greeted, with roots")
    return needs(
        "asked",
        user_name=form("What is your name?", name="string"),
        greeting=sampling("Generate a greeting"),
        client_roots=types.ListRootsRequest(),
    )


@tool()
async def input_required_result_multi_round(_: Context, call: Call) -> Result:
    state = json.loads(call.request_state or "{}")
    if state.get("round") == 1 and (name := filled(call, "step1", "name")):
        colour = form("Step 2: What is your favorite color?", color="string")
        return needs(json.dumps({"round": 2, "name": name}), step2=colour)
    if state.get("round") == 2 and (color := filled(call, "step2", "color")):
        return said(f"Multi-round complete for {state['name']} who likes {color}")
    return needs(json.dumps({"round": 1}), step1=form("Step 1: What is your name?", name="string"))


@tool()
async def input_required_result_capabilities(context: Context, call: Call) -> Result:
    if call.input_responses:
        return said(f"capabilities-ok: received {', '.join(call.input_responses)}")
    declared = context.session.client_capabilities or types.ClientCapabilities()
    requests: dict[str, Any] = {}
    if declared.elicitation is not None:
        requests["elicit_input"] = form("Elicitation input", value="string")
    if declared.sampling is not None:
        requests["sample_input"] = sampling("Sample request")
    return needs("asked", **requests) if requests else said("No supported capabilities declared")
