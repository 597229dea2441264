"""Database servers of our own, on a free port and in a folder of theirs, to be killed while they are written to."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Literal, Self

Kind = Literal["postgresql", "mariadb"]
_TOOLS = {"postgresql": ("initdb", "postgres"), "mariadb": ("mariadb-install-db", "mariadbd")}
_SECONDS = 60.0


def missing(kind: Kind) -> str | None:
    """The program that such a server needs and that is not installed."""
    return next((tool for tool in _TOOLS[kind] if shutil.which(tool) is None), None)


class OwnServer:
    """A server with an empty database ``test``; `kill` is SIGKILL to all of it, in the middle of whatever it does."""

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        driver = "postgresql+psycopg://postgres" if self._kind == "postgresql" else "mysql+pymysql://root"
        return f"{driver}@127.0.0.1:{self.port}/test"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="handlens-server-"))
        self._user = ("postgres" if self._kind == "postgresql" else "mysql") if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        data = str(self._folder / "data")
        if self._kind == "postgresql":
            self._do(["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"])
        else:
            options = ["--skip-test-db", "--auth-root-authentication-method=normal"]
            self._do(["mariadb-install-db", f"--datadir={data}", *options])
        self.start()
        self._create()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        data = self._folder / "data"
        if self._kind == "postgresql":
            command = ["postgres", "-D", str(data), "-p", str(self.port), "-h", "127.0.0.1", "-k", str(self._folder)]
        else:
            command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={self.port}"]
            command += ["--bind-address=127.0.0.1", f"--socket={self._folder / 'socket'}", "--skip-grant-tables"]
            command += ["--skip-networking=0"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd=self._folder)
        until = time.monotonic() + _SECONDS
        while not self._answers():
            if self._process.poll() is not None and self._kind == "mariadb":
                raise RuntimeError((self._folder / "log").read_text()[-2_000:])
            if self._process.poll() is not None:  # PostgreSQL's children of before are still dying
                return self.start()
            if time.monotonic() > until:
                raise TimeoutError(f"{self._kind} did not start")
            time.sleep(0.1)
        return None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        from sqlalchemy import create_engine, make_url, text
        from sqlalchemy.exc import SQLAlchemyError

        url = make_url(self.url).set(database="postgres" if self._kind == "postgresql" else "mysql")
        engine = create_engine(url, connect_args={"connect_timeout": 2})
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        finally:
            engine.dispose()
        return True

    def _create(self) -> None:
        from sqlalchemy import create_engine, make_url, text

        url = make_url(self.url).set(database="postgres" if self._kind == "postgresql" else "mysql")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE test"))
        engine.dispose()

    def _do(self, command: list[str]) -> None:
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd=self._folder, timeout=120)
