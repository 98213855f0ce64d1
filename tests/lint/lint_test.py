#!/usr/bin/env python3
"""lint_test: every rule of lint.py must find the offence that is planted for it, and nothing else.

usage: lint_test.py
"""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
import lint  # noqa: E402  (its folder must be on the path first)

# Where it is planted, what, and the words that must be said.
OFFENCES = [
    ("dissectors/imap/imap.c", '#include "sensor/flow.h"', "goes up or sideways"),
    ("dissectors/imap/imap.c", '#include "dissectors/smtp/smtp.h"', "goes up or sideways"),
    ("dissectors/imap/imap.c", '#include "dissectors/conversation.h"', "goes up or sideways"),
    ("dissectors/base/bytes.c", '#include "dissectors/dissector.h"', "goes up or sideways"),
    ("dissectors/auth/sasl.c", '#include "dissectors/imap/imap.h"', "goes up or sideways"),
    ("dissectors/http/http1.c", '#include "dissectors/exchange/eas.h"', "goes up or sideways"),
    ("dissectors/dissector.h", '#include "dissectors/imap/imap.h"', "goes up or sideways"),
    ("rules/detector.c", '#include "dissectors/imap/imap.h"', "goes up or sideways"),
    ("rules/detector.c", '#include "export/exporter.h"', "goes up or sideways"),
    ("export/json.c", '#include "rules/finding.h"', "goes up or sideways"),
    ("export/json.c", '#include "sensor/log.h"', "goes up or sideways"),
    ("sensor/main.c", '#include "tests/support/talk.h"', "goes up or sideways"),
    ("sensor/main.c", '#include "flow.h"', "not written from the root"),
    ("sensor/worker.c", "#include <pcap/pcap.h>", "alone"),
    ("sensor/worker.c", "#include <ndpi_api.h>", "alone"),
    ("dissectors/imap/imap.c", "#include <openssl/evp.h>", "alone"),
    ("sensor/worker.c", "#include <curl/curl.h>", "no library that we know"),
    ("dissectors/imap/imap.c", "int a = in.at[0];", "index into a view"),
    ("dissectors/imap/imap.c", "int a = in->at [1];", "index into a view"),
    ("sensor/decode.c", "p = in.at + 4;", "arithmetic on a view"),
    ("sensor/decode.c", "in->at += 4;", "arithmetic on a view"),
    ("sensor/decode.c", "p = 4 + in.at;", "arithmetic on a view"),
    ("sensor/decode.c", "n = line.at - in.at;", "arithmetic on a view"),
    ("dissectors/imap/imap.c", "memcpy(to, rest.line.at, 4);", "memory function on a view"),
    ("dissectors/imap/imap.c", "if (memcmp(in->at, word, 4) == 0) {", "memory function on a view"),
    ("sensor/decode.c", "const struct ip *ip = (const struct ip *)in.at;", "cast of a view"),
    ("sensor/decode.c", "byte = *in.at;", "read through a view"),
    ("sensor/decode.c", "byte = *frame->captured.at;", "read through a view"),
    ("sensor/main.c", "gets(line);", "gets"),
    ("sensor/main.c", "strcpy(to, from);", "strcpy"),
    ("sensor/main.c", "strcat(to, from);", "strcat"),
    ("sensor/main.c", '(void)sprintf(to, "%s", from);', "sprintf"),
    ("sensor/main.c", 'p = strtok(line, " ");', "strtok"),
    ("sensor/main.c", "n = atoi(text);", "atoi"),
    ("tests/imap_test.c", "sprintf(to, from);", "sprintf"),
    ("dissectors/imap/imap.c", 'printf("%s", line);', "below sensor"),
    ("rules/detector.c", 'fprintf(stderr, "bad rule");', "below sensor"),
    ("dissectors/imap/imap.c", 'fprintf(out, "login");', "below sensor"),
    ("export/report/table.c", 'fputs("done", stderr);', "below sensor"),
    ("rules/detector.c", "now = time(NULL);", "below sensor"),
    ("export/json.c", "clock_gettime(CLOCK_REALTIME, &now);", "below sensor"),
    ("export/json.c", 'home = getenv("HOME");', "below sensor"),
    ("dissectors/imap/imap.c", "abort();", "below sensor"),
    ("sensor/flow.h", "#ifndef FLOW_H\n#define FLOW_H\n#endif", "the guard of this header"),
    ("sensor/flow.c", "int a; // why", "tool directives"),
    ("sensor/flow.c", "typedef struct flow flow_t;", "no typedef"),
    ("sensor/flow.c", "\n" * 600, "600 is the most"),
    ("sensor/flow.c", "int a; ", "space at the end"),
    ("sensor/flow.c", "\tint a;", "a tab"),
    ("sensor/flow.c", "/* TODO: later */", "names its issue"),
    ("sensor/flow.c", "/* see /" "work/notes */", "somebody's machine"),
    ("rules/README.md", "Look into /" "home/bob/rules.", "somebody's machine"),
    ("README.md", "Look into /" "root/basictap.", "somebody's machine"),
]

# What looks like an offence and is none.
RIGHT = [
    ("dissectors/imap/imap.c", '#include "dissectors/auth/sasl.h"'),
    ("dissectors/imap/imap.c", '#include "dissectors/dissector.h"'),
    ("dissectors/exchange/eas.c", '#include "dissectors/http/http_app.h"'),
    ("dissectors/conversation.c", '#include "dissectors/tls/tls.h"'),
    ("sensor/worker.c", '#include "rules/detector.h"'),
    ("sensor/worker.c", "#include <sys/socket.h>"),
    ("sensor/classify.c", "#include <ndpi_api.h>"),
    ("tests/sensor/worker_test.c", '#include "sensor/worker.h"'),
    ("dissectors/imap/imap.c", "event.at = emitter_mark(out);"),
    ("dissectors/imap/imap.c", "imap->login->at = mark;"),
    ("dissectors/imap/imap.c", "number = packet->at.frame + 1;"),
    ("dissectors/imap/imap.c", "view = (struct bytes){in.at, in.len - 1};"),
    ("dissectors/imap/imap.c", "/* in.at[0] would be wrong, and so would gets() */"),
    ("dissectors/imap/imap.c", 'const char *words = "time(), in.at[0] // and printf(";'),
    ("dissectors/imap/imap.c", "snprintf(text, size, format, n);"),
    ("dissectors/imap/imap.c", "field->time(n);"),
    ("export/report/table.c", 'fprintf(out, "%s", name);'),
    ("sensor/flow.h", "typedef struct flow *flow_fn(void *ctx);"),
    ("sensor/main.c", "now = time(NULL);"),
    ("sensor/main.c", "// clang-format off"),
    ("sensor/flow.c", "/* TODO(#12): later */"),
    ("sensor/flow.c", "\n" * 598 + "/* the last line */"),
    ("README.md", "Look into https://example.org/work/notes or /var/lib/basictap."),
]


def said_about(place, text):
    """What lint says of a tree with one file in it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        if place.endswith(".h") and "#ifndef" not in text:
            guard = "BASICTAP_" + place.replace("/", "_").replace(".", "_").upper()
            text = f"#ifndef {guard}\n#define {guard}\n{text}\n#endif"
        path.write_text(text + "\n", encoding="utf-8")
        return list(lint.offences(root))


def main():
    failed = 0
    for place, text, words in OFFENCES:
        said = said_about(place, text)
        if not any(words in line for line in said):
            failed += 1
            print(f"not found in {place}: {text.strip()!r} ({words}); said: {said}")
    for place, text in RIGHT:
        said = said_about(place, text)
        if said:
            failed += 1
            print(f"nothing is wrong in {place}: {text.strip()!r}; said: {said}")
    print(f"{len(OFFENCES)} offences and {len(RIGHT)} right files; {failed} misjudged")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
