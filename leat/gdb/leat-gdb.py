"""What gdb must be told about leat's goroutines.

    leat goroutines                 lists them: number, state, where it was started
    leat bt N [BT-ARGUMENT...]      the stack of goroutine N, as bt prints that of a thread
    leat bt all [BT-ARGUMENT...]    the stacks of all
    leat goroutine N COMMAND        a gdb command in the place where goroutine N stands: info locals, up, ...

For a live process and for a core file, of a program with or without full debug information: it relies on the
variable leat_debug alone, in which leat describes where to find what (leat/runtime/debugger.hpp), and on the
program's symbol table. Nothing in the process is changed or called.

Programs carry this script in themselves, and gdb loads it where it trusts them: once and for all with
`add-auto-load-safe-path /path/to/program` in ~/.config/gdb/gdbinit, or this once with `source`.
"""

import re
import struct

import gdb
import gdb.unwinder

VERSION = 1
# The order in leat/runtime/debugger.hpp. Pointers first, then numbers.
POINTERS = ("slabs", "mapped", "states", "reasons", "entry")
NUMBERS = (
    "version",
    "goroutine_stack_pointer", "goroutine_frame_pointer", "goroutine_resume", "goroutine_id",
    "goroutine_stack_low", "goroutine_state", "goroutine_reason", "goroutine_started_at", "goroutine_bytes",
    "slab_base", "slab_slots", "slab_carved", "slab_bytes",
    "slot_bytes", "slot_block_bytes", "slot_colours", "slot_colour_bytes",
    "state_free", "state_running", "state_parked",
)
REGISTERS = {"i386:x86-64": ("rsp", "rbp", "rip"), "aarch64": ("sp", "x29", "pc")}
MASK = (1 << 64) - 1


def read(address, count):
    return bytes(gdb.selected_inferior().read_memory(address, count))


def read_pointer(address):
    return struct.unpack("<Q", read(address, 8))[0]


def read_text(address):
    text = b""
    while address and b"\0" not in text:
        end = address + len(text)
        text += read(end, min(64, 4096 - end % 4096))  # not beyond the page: the next one may not be there
    return text.split(b"\0")[0].decode("utf-8", "replace")


def read_texts(address):
    """A list of pointers to texts that ends with a null pointer."""
    texts = []
    while True:
        text = read_pointer(address + 8 * len(texts))
        if not text:
            return texts
        texts.append(read_text(text))


class Layout:
    """What leat_debug says."""

    def __init__(self):
        try:
            address = int(gdb.parse_and_eval("(unsigned long)&leat_debug"))
        except gdb.error as error:
            raise gdb.GdbError("leat: this program has no goroutines, or no symbol table: %s" % error)
        values = struct.unpack("<%dQ%dI" % (len(POINTERS), len(NUMBERS)),
                               read(address, 8 * len(POINTERS) + 4 * len(NUMBERS)))
        for name, value in zip(POINTERS + NUMBERS, values):
            setattr(self, name, value)
        if self.version != VERSION:
            raise gdb.GdbError("leat: the program's leat is of layout %d, and this script knows layout %d: "
                               "source the leat-gdb.py of that version" % (self.version, VERSION))
        self.state_names = read_texts(self.states)
        self.reason_names = read_texts(self.reasons)


class Goroutine:
    def __init__(self, layout, address):
        block = read(address, layout.goroutine_bytes)

        def number(offset, form="<Q"):
            return struct.unpack_from(form, block, offset)[0]

        self.layout = layout
        self.address = address
        self.id = number(layout.goroutine_id)
        self.stack_pointer = number(layout.goroutine_stack_pointer)
        self.frame_pointer = number(layout.goroutine_frame_pointer)
        self.resume = number(layout.goroutine_resume)
        self.stack_low = number(layout.goroutine_stack_low)
        self.state = number(layout.goroutine_state, "<B")
        self.reason = number(layout.goroutine_reason, "<B")
        self.started_at = number(layout.goroutine_started_at)
        self.thread = None  # the one that stands on its stack

    def is_started(self):
        return self.thread is not None or self.resume != self.layout.entry

    def doing(self):
        if self.thread is not None:
            return "running in thread %d" % self.thread.num
        if not self.is_started():
            return "not started yet"
        if self.state == self.layout.state_parked:
            return self.layout.reason_names[self.reason]
        return self.layout.state_names[self.state]

    def start(self):
        """As std::source_location keeps it: two texts, line and column."""
        if not self.started_at:
            return "?"
        file, function, line, _ = struct.unpack("<QQII", read(self.started_at, 24))
        return "%s:%d (%s)" % (read_text(file), line, read_text(function))

    def heading(self):
        return "goroutine %d [%s], started at %s" % (self.id, self.doing(), self.start())


def vector(address):
    """The first address and the one behind the last of a std::vector's elements."""
    return read_pointer(address), read_pointer(address + 8)


def blocks(layout):
    """The addresses of all control blocks."""
    if layout.slabs:
        begin, end = vector(layout.slabs)
        for slab in range(begin, end, layout.slab_bytes):
            base = read_pointer(slab + layout.slab_base)
            slots = read_pointer(slab + layout.slab_slots)
            carved = read_pointer(slab + layout.slab_carved)
            for slot in range(slots - 1, slots - 1 - carved, -1):
                colour = slot % layout.slot_colours * layout.slot_colour_bytes
                yield base + (slot + 1) * layout.slot_bytes - colour - layout.slot_block_bytes
    if layout.mapped:
        begin, end = vector(layout.mapped)
        for place in range(begin, end, 8):
            yield read_pointer(place)


class SelectedThread:
    """Brings back the thread and frame that were selected."""

    def __enter__(self):
        self.thread = gdb.selected_thread()
        if self.thread is None:
            raise gdb.GdbError("leat: there is no process: run or attach to one, or open a core file")
        self.frame = gdb.selected_frame()

    def __exit__(self, *_):
        self.thread.switch()
        if self.frame.is_valid():
            self.frame.select()


def stack_pointers():
    """The threads by where their stack pointers stand."""
    found = []
    with SelectedThread():
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            found.append((register(gdb.newest_frame(), registers()[0]), thread))
    return found


def registers():
    name = gdb.selected_inferior().architecture().name() if hasattr(gdb.Inferior, "architecture") \
        else gdb.selected_frame().architecture().name()
    if name not in REGISTERS:
        raise gdb.GdbError("leat: knows x86-64 and aarch64, and not " + name)
    return REGISTERS[name]


def register(frame, name):
    return int(frame.read_register(name)) & MASK


def goroutines():
    layout = Layout()
    threads = stack_pointers()
    found = []
    for address in blocks(layout):
        one = Goroutine(layout, address)
        if one.state == layout.state_free:
            continue
        one.thread = next((thread for pointer, thread in threads if one.stack_low <= pointer < address), None)
        found.append(one)
    return sorted(found, key=lambda one: one.id)


class Unwinder(gdb.unwinder.Unwinder):
    """While a goroutine that does not run is looked at, its frames follow the innermost one of the thread."""

    def __init__(self):
        super().__init__("leat goroutines")
        self.innermost = None
        self.shown = None

    def __call__(self, pending):
        if self.shown is None:
            return None
        stack, frame, counter = registers()
        if (register(pending, stack), register(pending, counter)) != self.innermost:
            return None
        # Below the goroutine's frames, for gdb takes a stack that goes down as broken.
        identity = gdb.unwinder.FrameId(self.shown.stack_pointer - 64, self.innermost[1]) \
            if hasattr(gdb.unwinder, "FrameId") else FrameIdentity(self.shown.stack_pointer - 64, self.innermost[1])
        info = pending.create_unwind_info(identity)
        for name, value in ((stack, self.shown.stack_pointer), (frame, self.shown.frame_pointer),
                            (counter, self.shown.resume)):
            info.add_saved_register(name, gdb.Value(value).cast(pending.read_register(name).type))
        return info


class FrameIdentity:
    """What gdb asks of a frame's identity, where gdb.unwinder.FrameId is missing (before 14)."""

    def __init__(self, sp, pc):
        self.sp = gdb.Value(sp).cast(gdb.lookup_type("unsigned long"))
        self.pc = gdb.Value(pc).cast(gdb.lookup_type("unsigned long"))


UNWINDER = Unwinder()
gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)


class Shown:
    """In the place where the goroutine stands: its own innermost frame is selected."""

    def __init__(self, one):
        self.one = one
        self.borrowed = 0  # how many frames of the thread come before its own

    def __enter__(self):
        if self.one.thread is not None:
            self.one.thread.switch()
            gdb.newest_frame().select()
            return self
        stack, _, counter = registers()
        innermost = gdb.newest_frame()
        UNWINDER.innermost = (register(innermost, stack), register(innermost, counter))
        UNWINDER.shown = self.one
        gdb.invalidate_cached_frames()
        frame = gdb.newest_frame()
        while frame.type() == gdb.INLINE_FRAME:  # the unwinder is asked about the function that they are part of
            frame = frame.older()
            self.borrowed += 1
        frame = frame.older()
        self.borrowed += 1
        if frame is not None:
            frame.select()
        return self

    def __exit__(self, *_):
        UNWINDER.shown = None
        gdb.invalidate_cached_frames()


def stack(borrowed, arguments):
    """What bt prints, without the first frames, which are of the thread that had to be borrowed."""
    def renumbered(frame):
        number = int(frame[1]) - borrowed
        return "" if number < 0 else "#%-3d%s" % (number, frame[2])

    arguments = re.sub(r"(?<![\w-])\d+$", lambda count: str(int(count[0]) + borrowed), arguments.strip())
    text = gdb.execute("backtrace " + arguments, to_string=True)
    return re.sub(r"(?m)^#(\d+) *(.*\n(?:[^#].*\n)*)", renumbered, text)


def show(one, command):
    if not one.is_started():
        raise gdb.GdbError("leat: goroutine %d has not started yet: it has no frames" % one.id)
    with SelectedThread(), Shown(one) as shown:
        word, _, arguments = command.strip().partition(" ")
        if word in ("bt", "backtrace", "where"):
            gdb.write(stack(shown.borrowed, arguments))
        else:
            gdb.execute(command)


def find(number):
    if not number.isdigit():
        raise gdb.GdbError("leat: '%s' is not the number of a goroutine; `leat goroutines` lists them" % number)
    for one in goroutines():
        if one.id == int(number):
            return one
    raise gdb.GdbError("leat: there is no goroutine %s; `leat goroutines` lists them" % number)


class LeatCommand(gdb.Command):
    """Goroutines of leat: leat goroutines, leat bt N, leat bt all, leat goroutine N COMMAND."""

    def __init__(self):
        super().__init__("leat", gdb.COMMAND_STACK, gdb.COMPLETE_NONE, True)


class GoroutinesCommand(gdb.Command):
    """Lists all goroutines: number, what each does or waits on, where it was started."""

    def __init__(self):
        super().__init__("leat goroutines", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        selected = gdb.selected_thread()
        for one in goroutines():
            mark = "*" if one.thread is not None and selected is not None and one.thread.num == selected.num else " "
            gdb.write("%s %-6d %-24s %s\n" % (mark, one.id, one.doing(), one.start()))


class BacktraceCommand(gdb.Command):
    """Prints the stack of a goroutine: leat bt N [BT-ARGUMENT...], or of all: leat bt all [BT-ARGUMENT...]"""

    def __init__(self):
        super().__init__("leat bt", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        which, _, rest = argument.strip().partition(" ")
        if not which:
            raise gdb.GdbError("leat: which one? leat bt N, or leat bt all")
        if which != "all":
            return show(find(which), "backtrace " + rest)
        for one in goroutines():
            gdb.write(one.heading() + "\n")
            if one.is_started():
                show(one, "backtrace " + rest)
            gdb.write("\n")


class GoroutineCommand(gdb.Command):
    """Runs a command in the place where a goroutine stands: leat goroutine N COMMAND"""

    def __init__(self):
        super().__init__("leat goroutine", gdb.COMMAND_STACK, gdb.COMPLETE_NONE)

    def invoke(self, argument, from_tty):
        which, _, command = argument.strip().partition(" ")
        if not command.strip():
            raise gdb.GdbError("leat: say which, and what to do there: leat goroutine N COMMAND")
        show(find(which), command)


LeatCommand()
GoroutinesCommand()
BacktraceCommand()
GoroutineCommand()
