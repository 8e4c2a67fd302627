"""What a cloud holds, in a file that is whole or not there; what is large of it stands beside that, by its digest."""

import hashlib
import io
import os
import pathlib
import pickle

MAGIC = b"flowgate cloud 1\n"
# Bytes from this size on are files of their own, which are written once.
LARGE = 64 * 1024
STATE, BLOBS = "state", "blobs"


class Unreadable(Exception):
    """What is kept is not what was written, or not of this version."""


def write(directory, content):
    """Puts `content` in the place of what was kept before."""
    blobs = pathlib.Path(directory, BLOBS)
    blobs.mkdir(parents=True, exist_ok=True)
    pickled = io.BytesIO()
    pickler = Pickler(pickled, blobs)
    pickler.dump(content)
    body = pickled.getvalue()
    replace(pathlib.Path(directory, STATE), MAGIC + hashlib.sha256(body).digest() + body)
    for blob in blobs.iterdir():
        if blob.name not in pickler.used:
            blob.unlink()


def read(directory):
    """What was written last, or None if nothing ever was."""
    try:
        text = pathlib.Path(directory, STATE).read_bytes()
    except FileNotFoundError:
        return None
    digest, body = text[len(MAGIC):len(MAGIC) + 32], text[len(MAGIC) + 32:]
    if not text.startswith(MAGIC):
        raise Unreadable("it was written by another version")
    if hashlib.sha256(body).digest() != digest:
        raise Unreadable("it is damaged")
    try:
        return Unpickler(io.BytesIO(body), pathlib.Path(directory, BLOBS)).load()
    except (pickle.UnpicklingError, AttributeError, ImportError, TypeError) as error:
        raise Unreadable(f"it was written by another version: {error}") from error


def replace(path, content):
    new = path.with_suffix(".new")
    with open(new, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


class Pickler(pickle.Pickler):
    def __init__(self, file, blobs):
        super().__init__(file, protocol=4)
        self.blobs, self.used = blobs, set()

    def persistent_id(self, value):
        if type(value) is not bytes or len(value) < LARGE:
            return None
        name = hashlib.sha256(value).hexdigest()
        if not (place := self.blobs / name).exists():
            replace(place, value)
        self.used.add(name)
        return name


class Unpickler(pickle.Unpickler):
    def __init__(self, file, blobs):
        super().__init__(file)
        self.blobs, self.known = blobs, {}

    def persistent_load(self, name):
        if name not in self.known:
            self.known[name] = blob(self.blobs / name)
        return self.known[name]


def blob(path):
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"a part of it is missing: {error}") from error
    if hashlib.sha256(content).hexdigest() != path.name:
        raise Unreadable(f"its part {path.name} is damaged")
    return content
