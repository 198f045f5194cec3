"""Runs every example as its first lines say and talks to it: by sockets of our own, by nc, by another example.

By hand: LEAT_EXAMPLES=build/release/examples python3 examples/examples_test.py [NAME...]
"""
import sys
import unittest

# The test of an example is the class of its name: unittest looks it up here.
from tests.conversation_lessons import *  # noqa: F403
from tests.file_lessons import *  # noqa: F403
from tests.goroutine_lessons import *  # noqa: F403
from tests.message_lessons import *  # noqa: F403
from tests.readme import readme  # noqa: F401
from tests.twins import twins  # noqa: F401

if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[1:]])
