"""`python -m drivers.virtual --dir DIR`: the virtual printer and its page, until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from drivers.virtual.page import PaperPage
from drivers.virtual.printer import VirtualPrinter


def main() -> int:
    options = _options()
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    printer = VirtualPrinter(options.dir, options.host, options.port, width_chars=options.width_chars)
    try:
        printer.start()
        page = PaperPage(printer, options.host, options.page_port)
    except OSError as error:
        printer.close()
        sys.stderr.write(f"virtual printer: {options.host}: {error}\n")
        return 1
    page.start()
    sys.stdout.write(f"virtual printer ready on {printer.host}:{printer.port}, papers at {page.url}\n")
    sys.stdout.flush()
    if options.ready_file is not None:
        unfinished = options.ready_file.with_suffix(".part")
        unfinished.write_text(f"{printer.host} {printer.port} {page.port}\n", encoding="utf-8")
        unfinished.replace(options.ready_file)
    over.wait()
    page.close()
    printer.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers.virtual", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where papers and events.jsonl go")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100, help="of the printer; 0 takes a free one")
    parser.add_argument("--page-port", type=int, default=9180, help="of the page; 0 takes a free one")
    parser.add_argument("--width-chars", type=int, choices=(48, 32), default=48)
    parser.add_argument("--ready-file", type=Path, help='written when listening: "host port page-port"')
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
