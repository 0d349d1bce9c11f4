// Words beside each row of a form: what is in stock, which lot to take. The server says them; this only asks, for
// all rows at once, whenever one changes. <div data-hints="address" data-hints-with="site occurred_on">rows</div>

(() => {
  const timers = new WeakMap();
  const asked = new WeakMap();

  const valueOf = (row, name) => row.querySelector(`[name$="-${name}"]`)?.value.trim() ?? "";

  function place(row, hint) {
    let line = row.querySelector("[data-row-hint]");
    if (!hint) {
      line?.remove();
      return;
    }
    if (!line) {
      line = document.createElement("p");
      line.dataset.rowHint = "";
      row.querySelector("td").append(line);
    }
    line.className = `row-hint tone-${hint.tone}`;
    line.textContent = hint.text;
  }

  async function ask(box) {
    const rows = [...box.querySelectorAll("[data-row]")].slice(0, 100);
    const url = new URL(box.dataset.hints, location.href);
    const form = box.closest("form");
    for (const name of (box.dataset.hintsWith ?? "").split(" ").filter(Boolean)) {
      const field = form?.querySelector(`[name="${name}"]`);
      if (field) url.searchParams.set(name, field.value);
    }
    for (const row of rows)
      for (const name of ["item", "quantity", "lot"]) url.searchParams.append(name, valueOf(row, name));
    const key = url.search;
    if (asked.get(box) === key) return;
    asked.set(box, key);
    if (rows.every((row) => !valueOf(row, "item"))) {
      rows.forEach((row) => place(row, null));
      return;
    }
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok || asked.get(box) !== key) return;
      const { hints } = await answer.json();
      rows.forEach((row, index) => place(row, hints[index]));
    } catch {
      asked.delete(box); // Without an answer the form is as good as before.
    }
  }

  function soon(box) {
    clearTimeout(timers.get(box));
    timers.set(
      box,
      setTimeout(() => ask(box), 250),
    );
  }

  for (const box of document.querySelectorAll("[data-hints]")) {
    for (const kind of ["relais:item", "relais:row", "input", "change"])
      box.addEventListener(kind, () => soon(box));
    box.closest("form")?.addEventListener("change", () => soon(box));
    soon(box);
  }
})();
