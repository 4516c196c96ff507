// `node client.js DIRECTORY URL DOCUMENTS.jsonl BATCH`: puts the documents into a PouchDB on LevelDB, then replicates it
// to URL. Prints one line of JSON: {"documents", "held", "seconds"}; the time is that of the replication alone.
import { createReadStream, mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import PouchDB from "pouchdb-core";
import http from "pouchdb-adapter-http";
import leveldb from "pouchdb-adapter-leveldb";
import replication from "pouchdb-replication";

const [directory, url, file, batch] = process.argv.slice(2);
PouchDB.plugin(leveldb).plugin(http).plugin(replication);
mkdirSync(directory, { recursive: true });
const local = new PouchDB("till", { prefix: `${directory}/`, adapter: "leveldb" });
let documents = [];
for await (const line of createInterface({ input: createReadStream(file) })) {
  documents.push(JSON.parse(line));
  if (documents.length === 1000) {
    await local.bulkDocs(documents);
    documents = [];
  }
}
await local.bulkDocs(documents);
const before = await local.info();
const remote = new PouchDB(url);
const begun = process.hrtime.bigint();
const done = await local.replicate.to(remote, { batch_size: Number(batch) });
const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
if (!done.ok || done.errors.length) throw new Error(JSON.stringify(done));
const after = await remote.info();
console.log(JSON.stringify({ documents: before.doc_count, held: after.doc_count, seconds }));
await local.close();
