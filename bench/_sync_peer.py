"""The peer: PouchDB replicating the same receipts to express-pouchdb, both on LevelDB, both in node."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.service.shop import Shop
from appliance.store import journal
from script.lib.bench_node import node_folder

ROWS_READ = 500


def write_documents(shop: Shop, file: Path) -> int:
    """The till's receipts as JSON documents, one a line: what travels of ours, the body as an object."""
    written, place = 0, 0
    with file.open("w", encoding="utf-8") as out:
        while stored := journal.rows_after(shop.tables, place, limit=ROWS_READ):
            for row in (each.row for each in stored if each.row.kind == "receipt_issued"):
                document = {
                    "_id": row.doc_id,
                    "seq": row.seq,
                    "kind": row.kind,
                    "v": row.v,
                    "at": row.at,
                    "prev_hash": row.prev_hash.hex(),
                    "hash": row.hash.hex(),
                    "body": json.loads(row.body),
                }
                out.write(json.dumps(document, ensure_ascii=False) + "\n")
                written += 1
            place = stored[-1].place
    return written


@contextmanager
def express_pouchdb(folder: Path) -> Iterator[str]:
    """A running server; its address."""
    folder.mkdir()
    program = node_folder("pouchdb") / "server.js"
    with subprocess.Popen(["node", str(program), str(folder)], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = int(server.stdout.readline())
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def replicate(url: str, folder: Path, documents: Path, *, batch: int) -> float:
    """Documents per second of one replication into an empty database of that server."""
    program = node_folder("pouchdb") / "client.js"
    command = ["node", str(program), str(folder), f"{url}/till-{folder.name}", str(documents), str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["held"] == told["documents"] > 0, told
    return float(told["documents"] / told["seconds"])
