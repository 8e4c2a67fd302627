"""The end of whoever supervises the emulator is the emulator's own."""

import os
import signal
import threading
import time

PAUSE = 0.2  # A new emulator takes longer to read what this one might still write.


def apply(settings):
    """Gap: a supervisor that was killed kills nobody, and the emulator would go on saving beside the next one."""
    supervisor = os.getppid()

    def watch():
        while os.getppid() == supervisor:
            time.sleep(PAUSE)
        # The group is the supervisor's making, so nothing of anybody else's is in it.
        os.killpg(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
