// A count sheet saves each figure as it is typed. What the server has not got yet is kept in this browser, said, and
// tried again: nothing is lost when the network or the phone goes to sleep. Without script the form does the same at once.
(() => {
  const sheet = document.querySelector("[data-count-sheet]");
  const words = document.getElementById("count-words")?.dataset;
  if (!sheet || !words) return;
  const form = sheet.closest("form");
  const far = document.querySelector("[data-count-far]");
  const state = far.querySelector("[data-count-state]");
  const paper = form.querySelector("[name=counted_at]");
  const store = `relais-count-${sheet.dataset.countSheet}`;
  const PAUSE = 900; // ms after the last key
  const MOST = 25; // figures in one request
  const RETRY = [3000, 6000, 15000, 30000, 60000];

  const queue = new Map(); // key -> what waits
  const timers = new Map();
  const refused = new Set();
  let busy = false;
  let failures = 0;
  let again = 0;

  const put = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  const rowOf = (line) => sheet.querySelector(`[data-line="${line}"]`);
  const part = (row, name) => row.querySelector(`[name$="-${name}"]`);
  const token = () => form.querySelector("[name=csrf_token]").value;

  // ---- kept in the browser ----------------------------------------------------------------------------

  function keep() {
    try {
      if (queue.size) localStorage.setItem(store, JSON.stringify([...queue]));
      else localStorage.removeItem(store);
    } catch {
      // No room, or none allowed: what is typed still stands in the page.
    }
  }

  function restore() {
    let kept = [];
    try {
      kept = JSON.parse(localStorage.getItem(store) ?? "[]");
    } catch {
      return;
    }
    for (const [key, entry] of kept) {
      const row = entry.line ? rowOf(entry.line) : null;
      if (entry.line && !row) continue;
      if (row) {
        part(row, "counted").value = entry.counted;
        row.classList.add("is-unsaved");
      }
      queue.set(key, entry);
    }
  }

  // ---- what is typed ----------------------------------------------------------------------------------

  function note(row, text, tone = "") {
    const said = row.querySelector("[data-count-said]") ?? row.appendChild(document.createElement("p"));
    said.dataset.countSaid = "";
    said.className = tone ? `${row.matches("[data-row]") ? "row-hint" : "sub"} tone-${tone}` : "sub no-print";
    said.textContent = text;
  }

  function typed(row) {
    const field = part(row, "counted");
    const was = part(row, "was");
    const key = row.dataset.line;
    refused.delete(key);
    field.classList.remove("is-invalid");
    if (field.value.trim() === was.value && !queue.has(key)) return;
    queue.set(key, {
      line: row.dataset.line,
      counted: field.value.trim(),
      known_at: part(row, "known_at").value,
      typed: Date.now(),
      paper: paper?.value ?? "",
    });
    row.classList.add("is-unsaved");
    keep();
    send();
  }

  function found(row) {
    const value = (name) => part(row, name)?.value.trim() ?? "";
    if (!value("item") || !value("lot") || !value("counted")) return;
    row.dataset.found ??= `found ${Date.now()} ${Math.random()}`;
    refused.delete(row.dataset.found);
    queue.set(row.dataset.found, {
      item: value("item"),
      lot: value("lot"),
      expires_on: value("expires_on"),
      bin: value("bin"),
      counted: value("counted"),
      typed: Date.now(),
      paper: paper?.value ?? "",
    });
    keep();
    send();
  }

  function later(row, wait) {
    clearTimeout(timers.get(row));
    const work = () => (row.matches("[data-line]") ? typed(row) : found(row));
    timers.set(row, setTimeout(work, wait));
  }

  sheet.addEventListener("input", (event) => {
    const row = event.target.closest("[data-line]");
    if (row && event.target.matches(".count-field")) later(row, PAUSE);
  });
  sheet.addEventListener("change", (event) => {
    const row = event.target.closest("[data-line], [data-row]");
    if (row) later(row, event.target.matches(".count-field") ? 60 : 400);
  });

  // ---- saving -----------------------------------------------------------------------------------------

  function tell(text, waits = false) {
    state.textContent = text;
    far.classList.toggle("is-waiting", waits);
  }

  function retry() {
    clearTimeout(again);
    again = setTimeout(send, RETRY[Math.min(failures, RETRY.length) - 1] ?? RETRY[0]);
  }

  async function send() {
    if (busy) return;
    const batch = [...queue].filter(([key]) => !refused.has(key)).slice(0, MOST);
    if (!batch.length) return;
    busy = true;
    tell(words.saving);
    let more = true;
    try {
      const lines = batch.map(([, { typed: at, ...entry }]) => ({ ...entry, age: String((Date.now() - at) / 1000) }));
      const answer = await fetch(sheet.dataset.save, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
        body: JSON.stringify({ lines }),
      });
      const json = answer.headers.get("Content-Type")?.startsWith("application/json");
      if (answer.status >= 500) throw new Error("failed");
      if (!json || answer.redirected) {
        more = false;
        tell(words.stale, true);
      } else if (answer.ok) taken(batch, await answer.json());
      else more = turnedDown(batch, await answer.json());
      failures = 0;
    } catch {
      failures += 1;
      more = false;
      tell(put(words.waits, { count: queue.size }), true);
      retry();
    } finally {
      busy = false;
    }
    keep();
    if (more) send();
  }

  function taken(batch, told) {
    batch.forEach(([key, entry], at) => {
      const line = told.lines[at];
      if (queue.get(key) === entry) queue.delete(key);
      const row = entry.line ? rowOf(entry.line) : sheet.querySelector(`[data-found="${key}"]`);
      if (!row) return;
      if (!entry.line) return gone(row, line);
      part(row, "was").value = line.counted ?? "";
      part(row, "known_at").value = line.known_at ?? "";
      row.querySelector("[data-count-skip]")?.remove();
      if (line.kept && !queue.has(key)) part(row, "counted").value = line.counted ?? "";
      if (!queue.has(key)) row.classList.remove("is-unsaved");
      row.classList.toggle("is-counted", line.counted !== null);
      note(row, line.said ?? "✓", line.said ? "warning" : "");
    });
    far.querySelector("[data-count-words]").textContent = told.words;
    const bar = far.querySelector("progress");
    bar.max = told.total || 1;
    bar.value = told.done;
    const wrong = [...queue.keys()].filter((key) => refused.has(key)).length;
    if (wrong) tell(put(words.refused, { count: wrong }), true);
    else tell(queue.size ? words.saving : words.saved);
  }

  // What was found stands on the sheet now; its row is free for the next.
  function gone(row, line) {
    const lines = row.closest("[data-lines]");
    let list = sheet.querySelector(".count-found");
    if (!list) {
      list = document.createElement("ul");
      list.className = "count-found";
      (lines ?? row.parentElement).after(list);
    }
    const entry = document.createElement("li");
    entry.textContent = `✓ ${[line.item, line.lot, line.counted].join(" · ")}${line.said ? ` · ${line.said}` : ""}`;
    list.append(entry);
    delete row.dataset.found;
    const button = row.querySelector("[data-remove-row]");
    if (button) button.click();
    for (const field of row.querySelectorAll("input")) if (row.isConnected && field.type !== "hidden") field.value = "";
  }

  // The whole batch was refused: the lines at fault are marked and left out, the others are sent again.
  function turnedDown(batch, told) {
    const errors = told.errors?.length ? told.errors : batch.map((_each, index) => ({ index, text: told.message }));
    for (const { index, text } of errors) {
      const [key, entry] = batch[index] ?? batch[0];
      refused.add(key);
      const row = entry.line ? rowOf(entry.line) : sheet.querySelector(`[data-found="${key}"]`);
      if (!row) continue;
      part(row, "counted").classList.add("is-invalid");
      note(row, text, "danger");
    }
    tell(put(words.refused, { count: refused.size }), true);
    return batch.some(([key]) => !refused.has(key));
  }

  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && send());
  restore();
  send();
})();
