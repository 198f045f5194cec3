"""usage: python3 bench AREA [--rounds N]"""
import argparse
import importlib
import pathlib

AREAS = sorted({path.stem for path in pathlib.Path(__file__).parent.glob("*.py")} - {"__main__", "harness"})

parser = argparse.ArgumentParser(prog="script/bench", description="Measures leat beside its peers, in interleaved rounds.")
parser.add_argument("area", choices=AREAS)
parser.add_argument("--rounds", type=int, default=7, help="at least 5 for figures that mean something (default: 7)")
arguments = parser.parse_args()
if arguments.rounds < 1:
    parser.error("--rounds must be at least 1")
importlib.import_module(arguments.area).main(arguments.rounds)
