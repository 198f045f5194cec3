"""Whether README.md lists every example, with the true number of lines."""
import re
import unittest

from .lesson import SOURCES
from .twins import lengths


class readme(unittest.TestCase):
    def test_every_example_is_listed_once_with_its_length_and_that_of_its_twin(self):
        listed = re.findall(r"^\| \[(\w+)\]\(\1\.cpp\) \| .* \| (\d+) \| \[(\d+)\]\(go/\1\.go\) \|$",
                            (SOURCES / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(sorted((name, int(ours), int(theirs)) for name, ours, theirs in listed),
                         sorted((name, ours, theirs) for name, (ours, theirs) in lengths().items()))
