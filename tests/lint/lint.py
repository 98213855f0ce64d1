#!/usr/bin/env python3
"""lint: what the compiler cannot hold, checked by reading the sources.

usage: lint.py ROOT

Each rule is a function that is given a Source and yields (line number, words). lint_test.py plants
an offence for each of them. An exception stands in a table here, with its reason.
"""
import re
import sys
from pathlib import Path

FOLDERS = ("dissectors", "rules", "export", "sensor", "tests")
SOURCE_TYPES = (".c", ".h")
TEXT_TYPES = SOURCE_TYPES + (".py", ".txt", ".md", ".yml", ".yaml", ".json", ".sh", ".in")
SKIPPED = ("build", "corpus", "__pycache__")
MAX_LINES = 600

# ARCHITECTURE, section 2: what each part may include besides itself.
DOWN = {
    "dissectors": (),
    "rules": ("dissectors/base/",),
    "export": ("dissectors/base/",),
    "sensor": ("dissectors/", "rules/", "export/"),
}
# Between dissectors: base <- auth <- protocols; exchange rides on http, and unwraps the binds in it;
# QUIC carries the hello of TLS.
BESIDE = {
    "base": (),
    "auth": ("base/",),
    "exchange": ("base/", "auth/", "http/", "rpc/"),
    "quic": ("base/", "tls/"),
}
BESIDE_OTHERS = ("base/", "auth/")
# What stacks protocols knows them all; what all of them may know includes base alone.
STACKERS = tuple(f"dissectors/{name}" for name in (
    "context.c", "conversation.c", "conversation.h", "conversation_part.h", "inner.c", "inner.h",
    "layer.c", "pending.c", "pending.h", "registry.c", "watch.c"))
FOR_ALL = ("context.h", "dissector.h")

# One foreign library, one file, or two where a file per direction is clearer.
FOREIGN = {
    r"pcap(/.*)?\.h": ("sensor/source_pcap.c", "sensor/source_live.c", "sensor/filter.c"),
    r"ndpi.*\.h": ("sensor/classify.c",),
    r"openssl/.*": (
        "dissectors/base/digest.c", "dissectors/tls/crypto.c", "dissectors/tls/crypto_cipher.c",
        "dissectors/tls/crypto_rsa.c", "dissectors/tls/crypto_sha256.c",
        "dissectors/tls/crypto_part.h", "export/transport_tls.c",
    ),
    r"nghttp2/.*": ("tests/dissectors/http/hpack_nghttp2_test.c",),  # our decoder beside it
    r"hiredis/.*": ("export/sink/redis_link.c",),
    r"sqlite3\.h": ("export/store.c",),
    r"cyaml/.*": ("sensor/config.c",),
    r"yaml\.h": ("rules/ruleset.c", "rules/tree.c", "sensor/config_read.c"),
    r"pcre2\.h": ("rules/ruleset.c", "rules/pattern.c"),
    r"(zlib|zstd)\.h": ("sensor/source_unpack.c",),
    r"cap-ng\.h|seccomp\.h": ("sensor/privileges.c",),
    r"microhttpd\.h": ("export/dashboard/dashboard.c",),
    r"cmocka\.h": ("tests/support/test.h",),
}
STANDARD = re.compile(
    r"(assert|complex|ctype|errno|float|inttypes|limits|locale|math|signal|std(align|arg|atomic|bool|"
    r"def|int|io|lib|noreturn)|string|strings|threads|time|wchar|dirent|fcntl|fnmatch|getopt|glob|grp|"
    r"ifaddrs|malloc|netdb|poll|pthread|pwd|sched|search|setjmp|spawn|sysexits|syslog|termios|unistd|"
    r"(arpa|linux|net|netinet|netpacket|sys)/[a-z0-9_]+)\.h"
)

# Captured memory is read in these files alone; the others own the memory that they index.
READS_BYTES = {
    "dissectors/base/bytes.c": "the readers themselves",
    "dissectors/base/bytes.h": "the readers themselves",
    "dissectors/pending.c": "the unused bytes that are kept for the dissectors",
    "export/format/json.c": "the memory that a writer was lent",
    "export/sink/file.c": "a finished line on its way out",
    "rules/detector.c": "the keys that it builds",
}
RAW_READS = (
    (r"(\.|->)at\s*\[", "index into a view"),
    (r"(\.|->)at\s*(\+|-(?!>))", "arithmetic on a view"),
    (r"[\w\])]\s*(\+|-(?!>))\s*\w[\w.>\-]*(\.|->)at\b(?!\s*[.(])", "arithmetic on a view"),
    (r"\bmem(cpy|move|cmp|chr|mem)\s*\([^;]*\w(\.|->)at\b(?!\.|\s*\()", "memory function on a view"),
    (r"(?<!char )\*\s*\)\s*\(?\w[\w.>\-]*(\.|->)at\b(?!\.)", "cast of a view"),
    (r"(?<![\w)\]])\*\s*[a-z_]\w*((\.|->)\w+)*(\.|->)at\b(?!\.)(?=\s*[;,)=<>&|+\-?])", "read through a view"),
)

BANNED = {
    "gets": "no bound",
    "strcpy": "use text_copy",
    "strcat": "use text_append",
    "stpcpy": "use text_copy",
    "strncpy": "does not end its text; use text_copy",
    "strncat": "use text_append",
    "sprintf": "use snprintf",
    "vsprintf": "use vsnprintf",
    "strtok": "hidden state",
    "atoi": "no failure; use take_decimal",
    "atol": "no failure; use take_decimal",
    "alloca": "no bound",
    "longjmp": "hidden flow",
    "system": "runs a shell",
    "popen": "runs a shell",
    "tmpnam": "a race",
    "rand": "hidden state",
    "srand": "hidden state",
    "localtime": "hidden state, and the machine's time zone",
    "gmtime": "hidden state; use gmtime_r",
    "asctime": "hidden state",
    "ctime": "hidden state",
}
# A test may run a server and write to its own arrays.
TESTS_MAY = ("strcpy", "atoi", "system", "popen")
# Below sensor nothing prints, sleeps, reads a clock or the environment, or ends the program.
QUIET = ("dissectors/", "rules/", "export/")
LOUD = (
    "printf vprintf dprintf puts putchar perror syslog stdout stderr "
    "time clock gettimeofday clock_gettime sleep usleep nanosleep "
    "getenv secure_getenv setenv putenv getopt getopt_long exit _exit abort gethostname random"
).split()
# A report of export writes to a stream that it was handed; the others know no streams.
STREAMS = "fprintf vfprintf fputs fputc putc fwrite".split()
LOUD_EXCEPTIONS = {
    ("export/clock.c", "clock_gettime"): "deadlines and back-off of the threads that write and send",
}


class Source:
    """A file: its path under the root, its lines, and for C its code without comments and text."""

    def __init__(self, root, path):
        self.path = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8", errors="replace")
        self.lines = self.text.split("\n")
        self.is_c = path.suffix in SOURCE_TYPES
        self.part = self.path.split("/")[0]
        self.is_test = self.part == "tests"
        if self.is_c:
            self.code_text, self.comments = split_code(self.text)
            self.code = self.code_text.split("\n")


TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def split_code(text):
    """Code with comments blanked and literals emptied, lines kept; and (line, comment) pairs."""
    comments = []

    def blank(match):
        token = match.group(0)
        if token[0] == "/":
            comments.append((text.count("\n", 0, match.start()) + 1, token))
            return " " + "\n" * token.count("\n")
        return token[0] * 2

    return TOKEN.sub(blank, text), comments


def includes(source):
    # From the lines as they are: in the code literals are empty.
    for number, line in enumerate(source.lines, 1):
        match = re.match(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]", line)
        if match:
            yield number, match.group(1) == "<", match.group(2)


def may_include(source, name):
    """Whether a file of ours may include another of ours."""
    if source.is_test:
        return True
    if not name.startswith("dissectors/") or source.part != "dissectors":
        return name.startswith((source.part + "/",) + DOWN[source.part])
    folder = source.path.split("/")[1]
    inner = name[len("dissectors/"):]
    if source.path in STACKERS:
        return True
    if "." in folder:  # dissector.h and context.h themselves
        return inner.startswith("base/")
    return inner.startswith((folder + "/",) + BESIDE.get(folder, BESIDE_OTHERS)) or (
        folder != "base" and inner in FOR_ALL
    )


def check_directions(source):
    for number, foreign, name in includes(source):
        if not foreign and name.split("/")[0] not in FOLDERS:
            yield number, f"include of '{name}' is not written from the root"
        elif not foreign and not may_include(source, name):
            yield number, f"include of '{name}' goes up or sideways"


def check_libraries(source):
    for number, foreign, name in includes(source):
        if not foreign or STANDARD.fullmatch(name):
            continue
        allowed = [files for pattern, files in FOREIGN.items() if re.fullmatch(pattern, name)]
        if not allowed:
            yield number, f"<{name}> belongs to no library that we know"
        elif source.path not in allowed[0] and not source.is_test:
            yield number, f"<{name}> is for {' and '.join(allowed[0])} alone"


def check_views(source):
    if source.is_test or source.path in READS_BYTES:
        return
    for number, line in enumerate(source.code, 1):
        for pattern, words in RAW_READS:
            if re.search(pattern, line):
                yield number, f"{words}: captured memory is read through take_*"
                break


def calls(source):
    for number, line in enumerate(source.code, 1):
        for match in re.finditer(r"(?<![\w.>])(?:([a-z_]\w*)\s*\(|(stdout|stderr)\b)", line):
            yield number, match.group(1) or match.group(2)


def is_loud(source, name):
    if not source.path.startswith(QUIET) or (source.path, name) in LOUD_EXCEPTIONS:
        return False
    return name in LOUD or (name in STREAMS and source.part != "export")


def check_functions(source):
    for number, name in calls(source):
        if name in BANNED and not (source.is_test and name in TESTS_MAY):
            yield number, f"{name}: {BANNED[name]}"
        elif is_loud(source, name):
            yield number, f"{name}: below sensor nothing prints, reads a clock or the environment"


def check_style(source):
    guard = "BASICTAP_" + re.sub(r"[/.]", "_", source.path).upper()
    if source.path.endswith(".h") and f"#ifndef {guard}\n#define {guard}\n" not in source.text:
        yield 1, f"the guard of this header is {guard}"
    for number, comment in source.comments:
        if comment.startswith("//") and not re.match(r"// (clang-format|NOLINT)", comment):
            yield number, "// is for tool directives only"
    for number, line in enumerate(source.code, 1):
        if re.search(r"\btypedef\s+(struct|union|enum)\b[^(]*$", line):
            yield number, "a struct is called struct: no typedef"


def check_text(source):
    if len(source.lines) - 1 > MAX_LINES:
        yield MAX_LINES + 1, f"{len(source.lines) - 1} lines; {MAX_LINES} is the most: split at a seam"
    if not source.text.endswith("\n") or source.text.endswith("\n\n"):
        yield len(source.lines), "a file ends with one line feed"
    for number, line in enumerate(source.lines, 1):
        if line.endswith((" ", "\t", "\r")):
            yield number, "space at the end of the line"
        if "\t" in line:
            yield number, "a tab; indent with spaces"
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))", line) and source.part != "tests":
            yield number, "a TODO names its issue: TODO(#12)"
        if re.search(r"(?<![\w.])/(work|home|root|Users)/\w", line):
            yield number, "a path of somebody's machine"


def check(source):
    yield from check_text(source)
    if source.is_c:
        for rule in (check_directions, check_libraries, check_views, check_functions, check_style):
            yield from rule(source)


def files(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            inner = path.relative_to(root).parts
            if path.is_file() and path.suffix in TEXT_TYPES and not set(inner) & set(SKIPPED):
                yield path
    for path in sorted(root.glob("*")):
        if path.is_file() and path.suffix in TEXT_TYPES:
            yield path


def offences(root):
    for path in files(root):
        source = Source(root, path)
        for number, words in sorted(check(source)):
            yield f"{source.path}:{number}: {words}"


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = list(offences(Path(arguments[1]).resolve()))
    for words in found:
        print(words)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
