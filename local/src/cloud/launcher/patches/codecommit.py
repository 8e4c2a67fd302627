"""CodeCommit: its API, and git over HTTP, are forwarded to flowgate's runner."""

import asyncio

import h11

from patches import git_access
from patches.codepipeline import CALLER, Runner

TARGET = "CodeCommit_20150413"
REPOSITORIES = "/v1/repos/"
# What the runner may see of a request; the rest belongs to the connection, or to the emulator's own guard.
REQUEST_HEADERS = (
    b"accept", b"authorization", b"content-encoding", b"content-length", b"content-type", b"git-protocol", b"user-agent",
)
ANSWER_HEADERS = (b"cache-control", b"content-length", b"content-type", b"expires", b"link", b"location", b"pragma")
# Methods whose requests say something.
WITH_BODY = ("PATCH", "POST", "PUT")
PIECE = 64 * 1024


def apply(settings):
    """Gap: the API answers "Unsupported service", and nothing answers where CodeCommit's repositories are cloned from."""
    from ministack import app
    from ministack.core import router

    runner = Runner(settings.get("FLOWGATE_RUNNER_URL"))
    router.SERVICE_PATTERNS["codecommit"] = {
        "target_prefixes": [TARGET],
        "host_patterns": [r"codecommit\."],
        "credential_scope": "codecommit",
    }
    app.SERVICE_HANDLERS["codecommit"] = runner.handle
    emulator = app.app

    async def with_repositories(scope, receive, send):
        if runner.url is None or scope["type"] != "http" or not scope["path"].startswith(REPOSITORIES):
            return await emulator(scope, receive, send)
        if not app.AUTH:
            return await forward(runner.url, scope, receive, send)
        try:
            who = git_access.permitted(scope)
        except git_access.Refused as refused:
            return await Answer(send).refuse(refused.status, str(refused), refused.headers)
        await forward(runner.url, scope, receive, send, [(CALLER.encode(), who.encode())])

    app.app = with_repositories


async def forward(url, scope, receive, send, more_headers=()):
    """Passes on a request and its answer piece by piece: a pack may be larger than memory. When the client goes away, so
    does the connection to the runner, which then knows that the request is incomplete."""
    answer = Answer(send)
    try:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        try:
            connection = h11.Connection(our_role=h11.CLIENT)
            request = head(url, scope, more_headers)
            both = [upload(connection, writer, request, receive), answer.download(connection, reader)]
            tasks = [asyncio.create_task(direction) for direction in both]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            writer.close()
    except (OSError, h11.ProtocolError) as error:
        await answer.fail(f"flowgate's runner does not answer: {error}\n")


async def upload(connection, writer, request, receive):
    """Ends when the client goes away."""
    try:
        writer.write(connection.send(request))
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            writer.write(connection.send(h11.Data(data=message.get("body", b""))))
            await writer.drain()
            more = message.get("more_body", False)
        writer.write(connection.send(h11.EndOfMessage()))
        await writer.drain()
    except ConnectionError:
        # The runner has answered before it has read everything.
        pass
    while (await receive())["type"] != "http.disconnect":
        pass


def head(url, scope, more_headers):
    headers = [(name, value) for name, value in scope["headers"] if name.lower() in REQUEST_HEADERS]
    headers += more_headers
    if scope["method"] in WITH_BODY and not any(name.lower() == b"content-length" for name, _ in headers):
        headers.append((b"transfer-encoding", b"chunked"))
    headers += [(b"host", f"{url.hostname}:{url.port}".encode()), (b"connection", b"close")]
    # As it was sent: what a path means is for the runner to say.
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    return h11.Request(method=scope["method"], target=target, headers=headers)


class Answer:
    """The client's answer."""

    def __init__(self, send):
        self.send = send
        self.begun = False

    async def begin(self, status, headers):
        self.begun = True
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def download(self, connection, reader):
        """Ends when the answer does."""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(PIECE))
            elif isinstance(event, h11.Response):
                headers = [(name, value) for name, value in event.headers if name in ANSWER_HEADERS]
                await self.begin(event.status_code, headers)
            elif isinstance(event, h11.Data):
                await self.send({"type": "http.response.body", "body": bytes(event.data), "more_body": True})
            elif isinstance(event, h11.EndOfMessage):
                return await self.send({"type": "http.response.body", "body": b""})

    async def fail(self, message):
        # An answer that has begun breaks off, and the client sees that it is not whole.
        if self.begun:
            raise ConnectionAbortedError(message)
        await self.refuse(503, message)

    async def refuse(self, status, message, headers=(), content_type=b"text/plain"):
        body = message.encode()
        own = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await self.begin(status, [*own, *headers])
        await self.send({"type": "http.response.body", "body": body})
