"""Waiting for what must happen: always with an end, and never by guessing how long it takes."""
import os
import time

PATIENCE_S = float(os.environ.get("LEAT_E2E_PATIENCE_S", "30"))  # what takes longer is broken, however busy the machine is
LOOK_AGAIN_S = 0.01


def until(check, what):
    """Looks again and again until check() gives something true, and returns that."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}")
        time.sleep(LOOK_AGAIN_S)
