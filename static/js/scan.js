// What was scanned goes into the row of its lot: by hand-held scanner (wedge.js), by camera (camera.js), or typed into the
// box. Each scan is answered by POST data-scan; they are worked through one after the other, however fast they come.
(() => {
  const bar = document.querySelector("[data-scan]");
  const words = document.getElementById("scan-words")?.dataset;
  if (!bar || !words) return;
  const box = bar.querySelector("[data-scan-box]");
  const said = bar.querySelector("[data-scan-said]");
  const undoButton = bar.querySelector("[data-scan-undo]");
  const soundButton = bar.querySelector("[data-scan-sound]");
  const form = bar.closest("form");
  const counted = bar.dataset.quantity;
  const done = []; // what can be undone, the latest last
  const packs = new Set(); // serials of packs that were counted
  let last = null; // the row of the latest scan

  const put = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  const plain = (number) => new Intl.NumberFormat(document.documentElement.lang === "fr" ? "fr" : "en").format(number);
  const part = (row, name) => row?.querySelector(`[name$="-${name}"]`);
  const value = (row, name) => part(row, name)?.value.trim() ?? "";
  const token = () => document.querySelector("[name=csrf_token]").value;

  // ---- saying it -------------------------------------------------------------------------------------

  function tell(text, tone = "success") {
    const line = document.createElement("p");
    line.className = `scan-line tone-${tone}`;
    line.textContent = text;
    said.prepend(line);
    while (said.children.length > 3) said.lastElementChild.remove();
    sound(tone);
    document.dispatchEvent(new CustomEvent("relais:scanned", { detail: { text, tone } }));
  }

  const TONES = { success: [880, 0.07], warning: [440, 0.18], danger: [220, 0.35] };
  let audio = null;

  const loud = () => {
    try {
      return localStorage.getItem("relais-scan-sound") === "on";
    } catch {
      return false;
    }
  };

  function sound(tone) {
    if (!loud()) return;
    try {
      audio ??= new AudioContext();
      const [pitch, seconds] = TONES[tone] ?? TONES.success;
      const wave = audio.createOscillator();
      const volume = audio.createGain();
      volume.gain.value = 0.15;
      wave.frequency.value = pitch;
      wave.connect(volume).connect(audio.destination);
      wave.start();
      wave.stop(audio.currentTime + seconds);
    } catch {
      // A browser without sound.
    }
  }

  // Beside the row, where they stay until it is gone: what was odd, and what can be done about it.
  function note(row, text, tone = "warning", button = null) {
    let list = row.querySelector("[data-scan-notes]");
    if (!list) {
      list = document.createElement("ul");
      list.className = "scan-notes";
      list.dataset.scanNotes = "";
      (row.querySelector(".lot-main")?.parentElement ?? row.querySelector("td") ?? row).append(list);
      row.querySelector(".lot-main")?.after(list);
    }
    if ([...list.children].some((each) => each.firstChild.textContent === text)) return;
    const line = document.createElement("li");
    line.className = `tone-${tone}`;
    const span = document.createElement("span");
    span.textContent = text;
    line.append(span);
    if (button) line.append(button);
    list.append(line);
  }

  // ---- asking the server --------------------------------------------------------------------------------

  async function ask(address, body) {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: JSON.stringify(body),
    });
    const json = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (!json || answer.redirected) throw new Error("stale");
    return { ok: answer.ok, told: await answer.json() };
  }

  async function take({ data, keys }) {
    let answer;
    try {
      answer = await ask(bar.dataset.scan, { data, keys });
    } catch (error) {
      box.value = data;
      box.focus();
      return tell(error.message === "stale" ? words.stale : words.failed, "danger");
    }
    await window.RelaisWedge?.quiet();
    if (answer.ok) return apply(answer.told);
    if (!box.value) box.value = data.replaceAll("\x1d", "␝");
    box.focus();
    box.select();
    tell(`${answer.told.message} ${words.kept}`, "danger");
  }

  let chain = Promise.resolve();
  function enqueue(detail) {
    bar.dataset.busy = "";
    chain = chain
      .then(() => take(detail))
      .catch((error) => console.error(error))
      .then(() => delete bar.dataset.busy);
  }

  // ---- rows ------------------------------------------------------------------------------------------------

  const rows = () =>
    [...form.querySelectorAll('[name$="-item"]')].map((field) => field.closest("[data-row], tr")).filter(Boolean);
  const free = (row) => row.matches("[data-row]");
  const blank = (row) =>
    free(row) && !["item", "lot", "expires_on", counted].some((name) => value(row, name)) && !row.dataset.gtin;
  const lotOf = (told) => told.lot ?? "";
  const here = () => {
    const row = document.activeElement?.closest?.("[data-row]");
    return row && form.contains(row) ? row : null;
  };

  function ofSamePack(row, told) {
    if (told.item) return value(row, "item") === told.item;
    // After an error the page comes anew: what is left of an unknown barcode then is its note.
    return Boolean(told.gtin) && (row.dataset.gtin === told.gtin || value(row, "note") === put(words.barcode, told));
  }

  function fitting(told) {
    const same = rows().filter((row) => ofSamePack(row, told));
    const lot = lotOf(told);
    if (!lot) return same.includes(last) ? last : (same.find((row) => !value(row, "lot")) ?? null);
    const day = (row) => !told.expires_on || !value(row, "expires_on") || value(row, "expires_on") === told.expires_on;
    return (
      same.find((row) => value(row, "lot") === lot && day(row)) ??
      same.find((row) => free(row) && !value(row, "lot") && !value(row, counted)) ??
      null
    );
  }

  function fresh() {
    const current = here();
    if (current && blank(current)) return { row: current, made: false };
    const known = rows().find(blank);
    if (known) return { row: known, made: false };
    const lines = form.querySelector("[data-lines]");
    return lines ? { row: window.Relais.addRow(lines), made: true } : { row: null, made: false };
  }

  function set(row, name, text, label = text) {
    const field = part(row, name);
    if (!field || field.value === text) return;
    if (field.tomselect) {
      if (field.tomselect.isFocused) field.tomselect.blur();
      field.tomselect.clear(true);
      if (text) {
        field.tomselect.addOption({ code: text, name: label });
        field.tomselect.addItem(text, true);
      }
    } else {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  const FIELDS = ["item", "lot", "expires_on", "carton", "note", counted];

  function remember(row, made, text, serial) {
    const item = part(row, "item");
    const label = item?.tomselect?.options[item.value]?.name;
    const values = Object.fromEntries(FIELDS.map((name) => [name, value(row, name)]));
    const notes = row.querySelector("[data-scan-notes]")?.cloneNode(true) ?? null;
    done.push({ row, made, values, label, text, serial, notes, gtin: row.dataset.gtin, packs: row.dataset.packs });
    undoButton.disabled = false;
  }

  // ---- a scan and its row ----------------------------------------------------------------------------------

  function apply(told) {
    const odd = told.warnings.filter((each) => each.rule !== "unknown_item").map((each) => each.detail);
    const folded = bar.closest("details");
    if (folded) folded.open = true;
    if (!told.gtin && !told.item) return loose(told, odd);
    const serial = told.serial && `${told.gtin ?? told.item} ${told.serial}`;
    if (serial && packs.has(serial)) return tell(put(words.same, told), "warning");
    let row = fitting(told);
    let made = false;
    const again = Boolean(row && value(row, counted));
    if (!row) ({ row, made } = fresh());
    const shown = { item: told.name ?? told.gtin, lot: lotOf(told), gtin: told.gtin };
    if (!row) return tell(put(words.notHere, shown), "danger");
    const clash = rows().some(
      (each) => each !== row && lotOf(told) && ofSamePack(each, told) && value(each, "lot") === lotOf(told) && free(each),
    );
    remember(row, made, `${shown.item} ${shown.lot}`.trim(), serial);
    if (serial) packs.add(serial);
    fill(row, told);
    for (const text of odd) note(row, text);
    if (told.layout) note(row, words.layout, "info");
    if (clash) note(row, put(words.otherExpiry, shown));
    if (!told.item) unknown(row, told);
    last = row;
    focus(row);
    report(row, told, again, clash ? [...odd, put(words.otherExpiry, shown)] : odd, shown);
  }

  function fill(row, told) {
    if (told.item && free(row)) set(row, "item", told.item, told.name);
    if (lotOf(told)) set(row, "lot", lotOf(told));
    if (told.expires_on) set(row, "expires_on", told.expires_on);
    if (told.gtin) row.dataset.gtin = told.gtin;
    row.dataset.packs = Number(row.dataset.packs ?? 0) + 1;
    if (told.quantity) set(row, counted, String((Number(value(row, counted).replace(/\s/g, "")) || 0) + told.quantity));
    if (told.per_pack) {
      const field = part(row, counted);
      field.dataset.perPack = told.per_pack;
      field.title = put(words.pack, { quantity: plain(told.per_pack), unit: told.base_unit });
    }
    const lot = part(row, "lot");
    // What is known of a lot is looked up where the code has no expiry (receipt.js listens).
    if (told.item && lot?.value && !told.expires_on) lot.dispatchEvent(new Event("change", { bubbles: true }));
    const recap = form.querySelector("[name=recap]");
    if (recap) recap.value = "1";
  }

  function report(row, told, again, odd, shown) {
    const lot = value(row, "lot");
    const kind = told.item ? words[(again ? "more" : "took") + (lot ? "" : "NoLot")] : words.unknown;
    const text = put(kind, { ...shown, lot, quantity: plain(Number(value(row, counted)) || 0), unit: told.base_unit });
    tell([text, ...odd].join(" · "), odd.length || !told.item ? "warning" : "success");
  }

  // A code without a number of goods: the lot beside a bare EAN, or the label of a parcel.
  function loose(told, odd) {
    const row = here() && !blank(here()) ? here() : last;
    if (lotOf(told) || told.expires_on) {
      if (!row?.isConnected || (value(row, "lot") && value(row, "lot") !== lotOf(told))) return tell(words.noGoods, "danger");
      remember(row, false, lotOf(told));
      if (lotOf(told)) set(row, "lot", lotOf(told));
      if (told.expires_on) set(row, "expires_on", told.expires_on);
      for (const text of odd) note(row, text);
      focus(row);
      return tell(put(words.lotTaken, { lot: lotOf(told) }), odd.length ? "warning" : "success");
    }
    if (!told.sscc) return tell([words.noGoods, ...odd].join(" "), "danger");
    if (!row?.isConnected || !part(row, "carton")) return tell(put(words.parcel, told), "warning");
    remember(row, false, told.sscc);
    set(row, "carton", told.sscc);
    tell(put(words.parcelTaken, told));
  }

  // scan-learn.js offers what can be done about it.
  function unknown(row, told) {
    set(row, "note", put(words.barcode, told));
    row.dispatchEvent(new CustomEvent("relais:unknown", { bubbles: true, detail: told }));
  }

  function focus(row) {
    const field = part(row, counted);
    field?.focus();
    field?.select?.();
  }

  // In a list that is counted Enter goes on as it does in rows: it never sends what is half counted.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (!event.target.matches("tr:not([data-row]) input")) return;
    event.preventDefault();
    const fields = [...form.querySelectorAll("tr:not([data-row]) input:not([type=hidden], :disabled)")];
    const next = fields[fields.indexOf(event.target) + 1] ?? box;
    next.focus();
    next.select();
  });

  // 5x is five packs.
  document.addEventListener("change", (event) => {
    const found = event.target.dataset?.perPack && /^\s*(\d{1,6})\s*[x×*]\s*$/i.exec(event.target.value);
    if (!found) return;
    event.target.value = String(Number(found[1]) * Number(event.target.dataset.perPack));
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // ---- undo ------------------------------------------------------------------------------------------------------

  function undo() {
    const step = done.pop();
    undoButton.disabled = done.length === 0;
    if (!step) return tell(words.nothing, "warning");
    const { row, values } = step;
    if (step.serial) packs.delete(step.serial);
    if (row.isConnected) {
      if (step.made) row.querySelector("[data-remove-row]")?.click();
      else {
        if (free(row)) set(row, "item", values.item, step.label);
        for (const name of FIELDS.slice(1)) set(row, name, values[name]);
        row.querySelector("[data-scan-notes]")?.remove();
        if (step.notes) row.querySelector(".lot-main")?.after(step.notes);
        for (const name of ["gtin", "packs"]) {
          if (step[name] === undefined) delete row.dataset[name];
          else row.dataset[name] = step[name];
        }
      }
    }
    last = done.at(-1)?.row ?? null;
    tell(put(words.undone, step), "info");
    box.focus();
  }

  // ---- keys and buttons ------------------------------------------------------------------------------------------

  document.addEventListener("relais:scan", (event) => enqueue(event.detail));
  undoButton.addEventListener("click", undo);
  document.addEventListener("keydown", (event) => {
    const undoes = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!undoes || event.target.matches?.("input, textarea, select, [contenteditable]") || !done.length) return;
    event.preventDefault();
    undo();
  });

  function typed(event) {
    const data = box.value.trim();
    if (!data) return;
    event.preventDefault();
    event.stopPropagation();
    box.value = "";
    enqueue({ data: data.replaceAll("␝", "\x1d"), from: "box" });
  }

  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && !event.ctrlKey) typed(event);
  });
  bar.querySelector("[data-scan-add]").addEventListener("click", (event) => {
    event.preventDefault();
    typed(event);
  });
  soundButton.addEventListener("click", () => {
    try {
      localStorage.setItem("relais-scan-sound", loud() ? "off" : "on");
    } catch {
      return;
    }
    soundButton.setAttribute("aria-pressed", String(loud()));
    sound("success");
  });
  soundButton.setAttribute("aria-pressed", String(loud()));
  for (const element of [bar, undoButton, soundButton]) element.hidden = false;
  window.RelaisScan = { ask, bar, counted, focus, form, note, part, put, rows, set, tell, value, words };
})();
