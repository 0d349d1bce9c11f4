// A table that is filled in like a spreadsheet: arrows and Enter move, a block from a spreadsheet is pasted, changed
// cells are marked, and only changed rows are sent. Without this it is a plain form that sends all rows.

(() => {
  const PER_METHOD = {
    "": ["emergency", "reorder", "maximum", "lead", "review", "service", "multiple", "buffer"],
    fixed: ["lead", "review", "service"],
    months: ["lead", "review", "service"],
    service: ["reorder", "maximum"],
  };
  const LEVELS = ["emergency", "reorder", "maximum", "lead", "review", "service"];

  const cellsOf = (row) => [...row.querySelectorAll("[data-cell]")];
  const cell = (row, name) => row.querySelector(`[data-cell="${name}"]`);
  const isChanged = (field) => field.value.trim() !== field.dataset.was;

  function mark(row) {
    for (const field of cellsOf(row)) field.classList.toggle("is-changed", isChanged(field));
  }

  function enable(row) {
    const method = cell(row, "method").value;
    const off = PER_METHOD[method] ?? [];
    for (const field of cellsOf(row))
      if (field.dataset.cell !== "method") field.disabled = off.includes(field.dataset.cell);
  }

  // Levels of another method mean something else: months are not tablets.
  function turn(row) {
    const method = cell(row, "method");
    const back = method.value === method.dataset.was;
    for (const name of LEVELS) cell(row, name).value = back ? cell(row, name).dataset.was : "";
    if (back || !method.value)
      for (const name of ["multiple", "buffer"]) cell(row, name).value = cell(row, name).dataset.was;
    enable(row);
  }

  function setMethod(row, value) {
    const method = cell(row, "method");
    if (method.value === value) return;
    method.value = value;
    turn(row);
  }

  function count(form) {
    const rows = [...form.querySelectorAll("[data-grid-row]")].filter((row) => cellsOf(row).some(isChanged));
    const told = form.querySelector("[data-grid-count]");
    if (told) told.textContent = rows.length ? `${rows.length} ${form.dataset.unsaved}` : "";
    return rows;
  }

  function look(form) {
    for (const row of form.querySelectorAll("[data-grid-row]")) mark(row);
    count(form);
  }

  function fill(row, advised) {
    setMethod(row, advised.method);
    for (const [name, value] of Object.entries(advised)) if (name !== "method") cell(row, name).value = value;
    for (const [name, usual] of [["multiple", "1"], ["buffer", "0"]])
      if (!cell(row, name).value) cell(row, name).value = usual;
  }

  function move(field, down, along) {
    const row = field.closest("[data-grid-row]");
    const rows = [...row.parentElement.querySelectorAll("[data-grid-row]")];
    const names = cellsOf(row).map((each) => each.dataset.cell);
    let at = rows.indexOf(row) + down;
    let column = names.indexOf(field.dataset.cell) + along;
    while (rows[at] && names[column]) {
      const next = cell(rows[at], names[column]);
      if (!next.disabled) {
        next.focus();
        if (next.select) next.select();
        return true;
      }
      at += down;
      column += along;
    }
    return false;
  }

  function onKey(event) {
    const field = event.target.closest?.("[data-cell]");
    if (!field || event.altKey || event.ctrlKey || event.metaKey) return;
    const choice = field.tagName === "SELECT";
    const rtl = document.dir === "rtl" || document.documentElement.dir === "rtl";
    const whole = choice || field.selectionEnd - field.selectionStart === field.value.length;
    let moved = false;
    if (event.key === "Enter") {
      event.preventDefault();
      move(field, event.shiftKey ? -1 : 1, 0);
      return;
    }
    if (event.key === "ArrowDown" && !choice) moved = move(field, 1, 0);
    else if (event.key === "ArrowUp" && !choice) moved = move(field, -1, 0);
    else if (event.key === "ArrowRight" && (whole || field.selectionStart === field.value.length))
      moved = move(field, 0, rtl ? -1 : 1);
    else if (event.key === "ArrowLeft" && (whole || field.selectionEnd === 0)) moved = move(field, 0, rtl ? 1 : -1);
    else if (event.key === "Escape" && isChanged(field) && !choice) {
      field.value = field.dataset.was;
      moved = true;
    }
    if (moved) event.preventDefault();
  }

  function choose(select, text) {
    const wanted = text.trim().toLowerCase();
    const found = [...select.options].find(
      (each) => each.value.toLowerCase() === wanted || each.text.trim().toLowerCase() === wanted,
    );
    if (found) setMethod(select.closest("[data-grid-row]"), found.value);
  }

  function onPaste(event) {
    const field = event.target.closest?.("[data-cell]");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!field || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    const row = field.closest("[data-grid-row]");
    const rows = [...row.parentElement.querySelectorAll("[data-grid-row]")];
    const lines = text.replace(/\r/g, "").replace(/\n$/, "").split("\n");
    lines.forEach((line, down) => {
      const target = rows[rows.indexOf(row) + down];
      if (!target) return;
      const names = cellsOf(target).map((each) => each.dataset.cell);
      const start = names.indexOf(field.dataset.cell);
      line.split("\t").forEach((value, along) => {
        const to = names[start + along] && cell(target, names[start + along]);
        if (!to) return;
        if (to.tagName === "SELECT") choose(to, value);
        else if (!to.disabled) to.value = value.trim();
      });
    });
    look(field.form);
  }

  function wake(form) {
    let sending = false;
    for (const row of form.querySelectorAll("[data-grid-row]")) if (cell(row, "method")) enable(row);
    look(form);
    form.addEventListener("keydown", onKey);
    form.addEventListener("paste", onPaste);
    form.addEventListener("change", (event) => {
      if (event.target.dataset.cell === "method") turn(event.target.closest("[data-grid-row]"));
      look(form);
    });
    form.addEventListener("input", () => look(form));
    form.addEventListener("click", (event) => {
      const one = event.target.closest("[data-take]");
      const picked = event.target.closest("[data-take-picked]");
      if (!one && !picked) return;
      event.preventDefault();
      event.stopPropagation();
      const rows = one
        ? [one.closest("[data-grid-row]")]
        : [...form.querySelectorAll("[name=pick]:checked")].map((each) => each.closest("[data-grid-row]"));
      for (const row of rows) {
        const button = row.querySelector("[data-take]");
        if (button) fill(row, JSON.parse(button.dataset.take));
      }
      look(form);
    });
    const every = form.querySelector("[data-pick-all]");
    every.hidden = false;
    every.addEventListener("click", () => {
      const boxes = [...form.querySelectorAll("[name=pick]")];
      const all = boxes.every((each) => each.checked);
      for (const each of boxes) each.checked = !all;
    });
    form.addEventListener("formdata", (event) => {
      sending = true;
      const changed = new Set(count(form));
      for (const row of form.querySelectorAll("[data-grid-row]")) {
        if (changed.has(row)) continue;
        for (const field of row.querySelectorAll("[name]")) event.formData.delete(field.name);
      }
    });
    window.addEventListener("beforeunload", (event) => {
      if (!sending && count(form).length) event.preventDefault();
    });
    window.addEventListener("pageshow", () => {
      sending = false;
      for (const row of form.querySelectorAll("[data-grid-row]")) if (cell(row, "method")) enable(row);
      look(form);
    });
  }

  for (const form of document.querySelectorAll("[data-grid-form]")) if (form.querySelector("[data-cell]")) wake(form);
})();
