"""A cloud that is kept: what it holds is saved while it runs, at moments between requests, and is there again after a restart.

A copy of this process (fork) writes what it holds; requests wait for the copy to be made, and not for it to be written.
`POST /_flowgate/save` saves at once.
"""

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import signal
import sys
import time

from patches import authority, kept_pipelines, snapshot, stores

SAVE = "/_flowgate/save"
# How often to look whether there is something to save, and how much longer than a save the pause after it is.
PAUSE_SECONDS, REST = 1, 10
# How long a change may wait until no stack is being changed, and how long what changes without a request may.
PATIENCE_SECONDS = 60
# The same when somebody waits for it.
HURRY_SECONDS = 3
LIMIT_SECONDS = 60
READS = ("Get", "List", "Describe", "BatchGet", "Query", "Scan")


def apply(settings):
    """Gap: what the emulator can keep is written at a clean shutdown alone, service by service, so that a kill leaves some
    of it new and some old; and versions, tags and locks of objects, sessions, and what fired when, are never written."""
    if not (directory := settings.get("FLOWGATE_KEEP")):
        return
    from ministack import app

    os.makedirs(directory, exist_ok=True)
    lock = hold(directory)
    try:
        content = snapshot.read(directory)
    except snapshot.Unreadable as error:
        refuse(error)
    keeper = Keeper(directory, lock, int(os.environ["GATEWAY_PORT"]), kept_pipelines.Made(directory))
    # By these the emulator has its state restored at the right moment, and would save it in its own way.
    app.PERSIST_STATE = True
    app._load_persisted_state = lambda: keeper.begin(content)
    app.save_all = lambda _services: None
    app.app = keeper.around(app.app)
    kept_pipelines.apply(keeper)


def hold(directory):
    """For as long as this process lives, and the copies of it that write."""
    lock = open(os.path.join(directory, "lock"), "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"{directory} is in use by another local cloud")
    return lock


def refuse(why):
    sys.exit(f"what this cloud holds cannot be read: {why}; --fresh begins anew")


class Keeper:
    def __init__(self, directory, lock, port, made):
        self.directory, self.lock, self.port, self.made = directory, lock, port, made
        self.changed, self.saved, self.pause = False, time.monotonic(), PAUSE_SECONDS
        self.loop = self.turn = None

    def begin(self, content):
        """Once, when the emulator starts: before the first request, and before schedules fire."""
        from ministack import app

        self.loop, self.turn = asyncio.get_running_loop(), asyncio.Lock()
        try:
            if content:
                if content["port"] != self.port:
                    stores.move(content["stores"], content["port"], self.port)
                stores.fill(content["stores"])
            if app.AUTH:
                # What is kept may be from when nobody had to be anybody.
                authority.introduce_people()
            self.made.compare()
        except Exception as error:
            # The server would go on without what it could not read, and save that.
            print(f"what this cloud holds cannot be used: {error!r}; --fresh begins anew", file=sys.stderr, flush=True)
            os._exit(1)
        self.task = self.loop.create_task(self.go_on())

    async def go_on(self):
        while True:
            await asyncio.sleep(self.pause)
            waited = time.monotonic() - self.saved
            if waited > PATIENCE_SECONDS or self.changed and at_rest():
                try:
                    await self.save()
                except OSError as error:
                    print(f"not saved: {error}", file=sys.stderr, flush=True)

    async def save(self):
        """Whoever waits may go away; the copy that writes may not meet another one."""
        await asyncio.shield(asyncio.ensure_future(self.in_turn()))

    async def in_turn(self):
        async with self.turn:
            async with programs_at_rest():
                self.changed, self.saved, made = False, time.monotonic(), self.made.pending()
                reads, writes = os.pipe()
                if (copy := os.fork()) == 0:
                    write_and_exit(writes, self.write)
            os.close(writes)
            try:
                if failure := await asyncio.to_thread(outcome, reads, copy):
                    raise OSError(failure)
            except OSError:
                self.changed = True
                raise
            finally:
                self.pause = max(PAUSE_SECONDS, REST * (time.monotonic() - self.saved))
            self.made.keep(made)

    def write(self):
        snapshot.write(self.directory, {"port": self.port, "stores": stores.gather()})

    def save_from_thread(self):
        """For what runs beside the loop; it waits until all that is now is saved."""
        asyncio.run_coroutine_threadsafe(self.save(), self.loop).result(LIMIT_SECONDS)

    def around(self, emulator):
        async def kept(scope, receive, send):
            if scope["type"] != "http":
                return await emulator(scope, receive, send)
            if (scope["method"], scope["path"]) == ("POST", SAVE):
                return await self.answer(send)
            if scope["path"] == kept_pipelines.ORPHANS:
                return await respond(send, 200, self.made.orphans)
            try:
                await emulator(scope, receive, send)
            finally:
                self.changed = self.changed or changes(scope)

        return kept

    async def answer(self, send):
        hurry = time.monotonic() + HURRY_SECONDS
        while not at_rest() and time.monotonic() < hurry:
            await asyncio.sleep(0.02)
        try:
            await self.save()
        except OSError as error:
            return await respond(send, 500, {"message": str(error)})
        await respond(send, 200, {})


def changes(scope):
    if scope["method"] in ("GET", "HEAD") or scope["path"].startswith("/_flowgate/"):
        return False
    target = dict(scope["headers"]).get(b"x-amz-target", b"").decode("latin-1")
    return not target.rpartition(".")[2].startswith(READS)


def at_rest():
    """Whether no stack is between what it was and what it will be."""
    from ministack.services import cloudformation

    return not any(stores.is_changing(stack) for stack in cloudformation._stacks.all_values())


@contextlib.asynccontextmanager
async def programs_at_rest():
    """While no function's program is being unpacked or started: one that a copy of this process holds open for writing cannot
    be started until that copy ends, and the event that it was started for would be lost ("Text file busy")."""
    from ministack.services import lambda_svc

    # Without waiting for it here: the emulator's one loop goes on.
    while not lambda_svc._provided_code_lock.acquire(blocking=False):
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        lambda_svc._provided_code_lock.release()


def write_and_exit(pipe, write):
    """In the copy, which has this thread alone: a lock that another one held stays locked for ever, so there is a limit."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.alarm(LIMIT_SECONDS)
        # It would touch, and so copy, all that is here.
        gc.disable()
        write()
        code = 0
    except BaseException as error:
        os.write(pipe, repr(error).encode()[:1000])
    finally:
        os._exit(code)


def outcome(pipe, copy):
    """Why the copy failed, if it did."""
    with open(pipe, "rb") as file:
        failure = file.read().decode(errors="replace")
    _, status = os.waitpid(copy, 0)
    return failure or (f"the copy that writes ended with {status}" if status else "")


async def respond(send, status, content):
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
