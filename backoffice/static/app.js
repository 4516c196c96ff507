// Live pages: one event stream per browser, shared by all its tabs; fragments fetched anew; notifications.
"use strict";

const channel = "BroadcastChannel" in window ? new BroadcastChannel("pokladna") : null;
let seen = Number(document.body.dataset.event ?? 0);

// ---- fragments ----

const busy = new WeakMap();

async function refresh(region) {
  if (busy.has(region)) { busy.set(region, true); return; }
  busy.set(region, false);
  try {
    const answer = await fetch(region.dataset.src, { headers: { Accept: "text/html" } });
    if (answer.status === 401) { location.assign("/sign-in"); return; }
    if (answer.ok) put(region, await answer.text());
  } catch { /* no connection: the next event or minute tries again */ }
  const again = busy.get(region);
  busy.delete(region);
  if (again) refresh(region);
}

function put(region, html) {
  const rows = new Set([...region.querySelectorAll("[data-row]")].map((row) => row.dataset.row));
  const open = [...region.querySelectorAll("details")].map((one) => one.open);
  const ticked = new Set([...region.querySelectorAll("input[name=id]:checked")].map((one) => one.value));
  region.innerHTML = html;
  for (const one of region.querySelectorAll("input[name=id]")) one.checked = ticked.has(one.value);
  countTicked();
  region.querySelectorAll("details").forEach((one, i) => { one.open = open[i] ?? false; });
  for (const row of region.querySelectorAll("[data-row]")) {
    if (!rows.has(row.dataset.row)) row.classList.add("fresh");
  }
}

function look(kind, subject) {
  for (const region of document.querySelectorAll("[data-live]")) {
    if (kind !== "*" && !region.dataset.live.split(" ").includes(kind)) continue;
    if (kind === "fiscal" && region.dataset.subject && region.dataset.subject !== subject) continue;
    refresh(region);
  }
}

for (const region of document.querySelectorAll("[data-every]")) {
  setInterval(() => { if (!document.hidden) refresh(region); }, Number(region.dataset.every) * 1000);
}
window.addEventListener("pageshow", (event) => { if (event.persisted) look("*"); });

// ---- the stream ----

const KINDS = ["receipt", "fiscal", "shift", "till", "pricelist", "stock"];
const lamp = document.getElementById("live");

function showState(on) {
  if (!lamp) return;
  lamp.classList.toggle("on", on);
  lamp.lastElementChild.textContent = on ? lamp.dataset.on : lamp.dataset.off;
}

function told(message) {
  if (message.id <= seen && message.kind !== "*") return;
  seen = Math.max(seen, message.id);
  look(message.kind, message.subject);
}

// Resolves when the server ends the stream for good (signed out); a broken connection is retried by the browser.
function listen() {
  return new Promise((ended) => {
    const source = new EventSource(`/events?after=${seen}`);
    const state = (on) => { showState(on); channel?.postMessage({ type: "state", on }); };
    source.addEventListener("open", () => state(true));
    source.addEventListener("error", () => {
      state(false);
      if (source.readyState === EventSource.CLOSED) ended();
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const { subject, notice } = JSON.parse(event.data);
        const message = { type: "event", id: Number(event.lastEventId), kind, subject };
        if (notice && message.id > seen) notify(subject, notice);
        channel?.postMessage(message);
        told(message);
      });
    }
    // A tab that has just opened asks the leader whether it missed something while it loaded.
    channel?.addEventListener("message", ({ data }) => {
      if (data.type !== "hello" || source.readyState !== EventSource.OPEN) return;
      channel.postMessage({ type: "state", on: true });
      if (data.seen < seen) channel.postMessage({ type: "event", id: seen, kind: "*" });
    });
  });
}

async function lead() {
  for (;;) {
    await listen();
    const answer = await fetch("/events/signed-in").catch(() => null);
    if (answer?.status === 401) { location.assign("/sign-in"); return; }
    await new Promise((go) => setTimeout(go, 5000));
  }
}

channel?.addEventListener("message", ({ data }) => {
  if (data.type === "event") told(data);
  if (data.type === "state") showState(data.on);
});
if (document.querySelector("main#content")) {
  // Whoever holds the lock leads; when its tab closes, the next one takes over.
  if (navigator.locks) navigator.locks.request("pokladna-stream", lead);
  else lead();
  channel?.postMessage({ type: "hello", seen });
}

// ---- notifications ----

async function worker() {
  if (!("serviceWorker" in navigator)) return null;
  try {
    await navigator.serviceWorker.register("/sw.js");
    return await navigator.serviceWorker.ready;
  } catch { return null; }
}
const ready = worker();

async function notify(tag, text, url = `/receipts/${tag}`) {
  const registration = await ready;
  if (!registration || Notification.permission !== "granted") return;
  const icon = document.querySelector("link[rel=icon]")?.href;
  await registration.showNotification("Pokladna Pi", { body: text, tag, icon, data: { url } });
}

async function showChecks(box) {
  const registration = await ready;
  const permission = "Notification" in window ? Notification.permission : "none";
  const say = (name, level, word) => {
    const line = box.querySelector(`[data-check=${name}]`);
    line.className = level;
    line.lastElementChild.textContent = box.dataset[word];
  };
  say("secure", isSecureContext ? "good" : "danger", isSecureContext ? "secureOk" : "secureBad");
  say("worker", registration ? "good" : "danger", registration ? "workerOk" : "workerBad");
  const level = { granted: "good", default: "warning" }[permission] ?? "danger";
  say("permission", level, `permission${permission[0].toUpperCase()}${permission.slice(1)}`);
  document.getElementById("notify-ask").hidden = permission !== "default" || !registration;
  document.getElementById("notify-try").hidden = permission !== "granted" || !registration;
}

const box = document.getElementById("notify");
if (box) {
  showChecks(box);
  document.getElementById("notify-ask").addEventListener("click", async () => {
    await Notification.requestPermission();
    showChecks(box);
  });
  document.getElementById("notify-try").addEventListener("click", () => {
    notify("sample", box.dataset.sample, "/notifications");
  });
}

// ---- small comforts ----

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) { window.print(); return; }
  const row = event.target.closest("tr[data-row]");
  if (row && !event.target.closest("a, button, input, .pick") && !String(getSelection())) row.querySelector("a")?.click();
});
for (const form of document.querySelectorAll("[data-filters]")) {
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}

// ---- many rows at once, forms ----

function countTicked() {
  const all = document.querySelector("[data-all]");
  if (!all) return;
  const boxes = [...document.querySelectorAll("input[name=id]")];
  const ticked = boxes.filter((one) => one.checked).length;
  all.hidden = false;
  all.checked = ticked > 0 && ticked === boxes.length;
  document.getElementById("bulk-count").textContent = ticked || "";
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const one of document.querySelectorAll("input[name=id]")) one.checked = event.target.checked;
  }
  if (event.target.matches("[data-all], input[name=id]")) countTicked();
});
window.addEventListener("pageshow", countTicked);

// On a phone the menu and the tabs scroll sideways.
for (const here of document.querySelectorAll(".side nav [aria-current], .tabs [aria-current]")) {
  const strip = here.parentElement;
  strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}

// A second press while the first is on its way would write the document twice.
for (const form of document.querySelectorAll("form[data-once], form[data-keys]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => { sent = false; });
}

// The difference of a stocktake follows what is typed; the server counts it again.
document.addEventListener("input", (event) => {
  const row = event.target.closest("[data-keys] tr");
  const shown = row?.querySelector("output");
  if (!shown) return;
  const typed = event.target.value.trim().replace(",", ".");
  const known = /^\d+(\.\d{1,3})?$/.test(typed);
  const difference = Math.round(Number(typed) * 1000) - Number(row.querySelector("[data-known]").dataset.known);
  shown.className = known && difference < 0 ? "down" : known && difference > 0 ? "up" : "";
  shown.textContent = known ? (difference > 0 ? "+" : "") + String(difference / 1000).replace(".", ",") : "–";
});
