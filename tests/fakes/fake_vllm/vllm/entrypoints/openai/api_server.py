"""Stands in for vLLM's server where only its life as a process is tested. FAKE_ENGINE says how it behaves."""

from __future__ import annotations

import json
import os
import signal
import socketserver
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

BEHAVIOUR = os.environ.get("FAKE_ENGINE", "")
MODEL = sys.argv[sys.argv.index("--served-model-name") + 1]
SOCKET = sys.argv[sys.argv.index("--uds") + 1]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health" and BEHAVIOUR == "sick":
            self._send(503, {})
        elif self.path == "/health":
            self._send(200, {})
            if BEHAVIOUR == "short-lived":
                os._exit(1)
        else:
            self._send(200, {"data": [{"id": MODEL, "owned_by": "vllm"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers["authorization"] != f"Bearer {os.environ['VLLM_API_KEY']}":
            self._send(401, {})
        elif "die" in body["messages"][0]["content"][-1]["text"]:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            self._send(200, {"choices": [{"message": {"content": str(os.getpid())}, "finish_reason": "stop"}]})

    def _send(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def address_string(self) -> str:
        return "client"

    def log_message(self, *args: object) -> None:
        pass


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main() -> None:
    if BEHAVIOUR == "broken":
        raise RuntimeError("no memory for the cache")
    if BEHAVIOUR == "refused":
        sys.exit("1 validation error for ModelConfig\n  Value error, 99 is greater than the derived max_model_len")
    print("Starting to load model", MODEL, flush=True)
    print("Loading safetensors checkpoint shards:  40% Completed", flush=True)
    print("the key is", os.environ["VLLM_API_KEY"], flush=True)
    # Like vLLM's workers: another process of the group, whose environment tells nothing.
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], env={})
    Path(SOCKET + ".pids").write_text(f"{os.getpid()} {worker.pid}")
    if BEHAVIOUR == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if BEHAVIOUR == "slow":
        time.sleep(600)
    with Server(SOCKET, Handler) as server:
        print("Application startup complete.", flush=True)
        if BEHAVIOUR == "grumbling":
            print("1 validation error for ChatCompletionRequest", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
