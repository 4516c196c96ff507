// express-pouchdb over LevelDB: `node server.js DIRECTORY`; prints the port it listens on.
import express from "express";
import expressPouchDB from "express-pouchdb";
import PouchDB from "pouchdb-core";
import http from "pouchdb-adapter-http";
import leveldb from "pouchdb-adapter-leveldb";
import mapreduce from "pouchdb-mapreduce";
import replication from "pouchdb-replication";

const directory = process.argv[2];
PouchDB.plugin(leveldb).plugin(http).plugin(replication).plugin(mapreduce);
const Stored = PouchDB.defaults({ prefix: `${directory}/`, adapter: "leveldb" });
const app = express();
// The smallest mode that a replication needs: no web pages, no sessions, nothing that would slow the peer down.
app.use("/", expressPouchDB(Stored, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: `${directory}/log.txt` }));
const listener = app.listen(0, "127.0.0.1", () => console.log(listener.address().port));
