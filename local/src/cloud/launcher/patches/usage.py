"""GET /_flowgate/usage: whose emulator this is, and what it has cost."""

import json
import time


def apply(settings):
    """Gap: nothing tells this run's emulator from another program on its port, nor the emulator's share of a run."""
    from ministack import app

    emulator = app.app
    run = settings.get("FLOWGATE_RUN", "")

    async def with_usage(scope, receive, send):
        if scope["type"] != "http" or scope["path"] != "/_flowgate/usage":
            return await emulator(scope, receive, send)
        body = json.dumps({"run": run, "cpu_seconds": time.process_time()}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    app.app = with_usage
