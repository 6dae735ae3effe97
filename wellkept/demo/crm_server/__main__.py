"""`python -m wellkept.demo.crm_server --folder F --port 0`: serve, and say the address on the first line of output."""

import argparse
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from wellkept.demo.crm_server import TOKEN_CONNECTION
from wellkept.demo.crm_server.app import build_app
from wellkept.demo.crm_server.limits import Limits
from wellkept.deployment.connections import read_connection


def main() -> None:
    """Serve until terminated; the token is in the environment, never on the command line."""
    options = _read_options()
    limits = Limits(requests=options.requests, searches=options.searches)
    app = build_app(options.folder, read_connection(TOKEN_CONNECTION), limits)
    listener = socket.create_server(("127.0.0.1", options.port))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, lifespan="off")
    )
    if options.stop_with_stdin:
        threading.Thread(target=_stop_when_stdin_closes, args=(server,), daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    server.run(sockets=[listener])


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m wellkept.demo.crm_server", description=main.__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="what write_crm wrote")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--requests", type=int, default=Limits.requests, help="allowed in ten seconds")
    parser.add_argument("--searches", type=int, default=Limits.searches, help="allowed in a second")
    parser.add_argument("--stop-with-stdin", action="store_true", help="end when the process that started us does")
    return parser.parse_args()


def _stop_when_stdin_closes(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    main()
