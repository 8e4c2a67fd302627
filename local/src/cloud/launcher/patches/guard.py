"""Nobody but programs of this machine: a web page must not reach the emulator through its visitor's browser."""

LOOPBACK = ("127.0.0.1", "localhost")


def apply(settings):
    """Gap: the emulator answers any Host and any Origin, and whoever reaches it can run code as the user."""
    from ministack import app

    emulator = app.app

    async def guarded(scope, receive, send):
        if scope["type"] not in ("http", "websocket") or is_local(dict(scope["headers"])):
            return await emulator(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        body = b"only programs of this machine may use the local cloud\n"
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    app.app = guarded


def is_local(headers):
    # A foreign Host is a name that was made to point here; a foreign Origin is a page of another site.
    origin = headers.get(b"origin", b"").decode("latin-1")
    host = headers.get(b"host", b"127.0.0.1").decode("latin-1")
    # An image's or a link's address comes without Origin, but browsers say that another site has it.
    ours = name(origin.partition("://")[2]) in LOOPBACK if origin else headers.get(b"sec-fetch-site") != b"cross-site"
    return name(host) in LOOPBACK and ours


def name(authority):
    return authority.rpartition(":")[0] or authority
