// A pack whose barcode nobody knows: who keeps the catalogue says on the spot which item it is, others tell them of it.
(() => {
  if (!window.RelaisScan) return;
  const { ask, bar, counted, focus, form, note, part, put, rows, set, tell, value, words } = window.RelaisScan;

  function action(label, press) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm btn-outline-secondary";
    button.textContent = label;
    button.addEventListener("click", press);
    return button;
  }

  document.addEventListener("relais:unknown", ({ target: row, detail: { gtin } }) => {
    const teach = () => learn(gtin);
    const pass = (event) => askLeads(event.target, gtin);
    const button = bar.dataset.learn ? action(words.which, teach) : action(words.askWords, pass);
    note(row, put(words.unknown, { gtin }), "warning", button);
  });

  async function askLeads(button, gtin) {
    const site = form.querySelector("[name=site]")?.value ?? "";
    try {
      const { ok, told } = await ask(bar.dataset.ask, { gtin, site });
      if (ok) button.replaceWith(told.said);
      tell(ok ? told.said : told.message, ok ? "success" : "danger");
    } catch {
      tell(words.failed, "danger");
    }
  }

  const dialog = document.getElementById("scan-learn");
  const item = dialog?.querySelector("#scan-learn-item");
  const quantity = dialog?.querySelector("#scan-learn-quantity");
  const fault = dialog?.querySelector("[data-scan-learn-error]");

  function learn(gtin) {
    dialog.dataset.gtin = gtin;
    dialog.querySelector("[data-scan-gtin]").textContent = gtin;
    const row = rows().find((each) => each.dataset.gtin === gtin && value(each, "item"));
    item.tomselect?.clear(true);
    if (row) {
      item.tomselect.addOption({ code: value(row, "item"), name: part(row, "item").tomselect?.options[value(row, "item")]?.name });
      item.tomselect.addItem(value(row, "item"), true);
    }
    quantity.value = "";
    fault.hidden = true;
    dialog.showModal();
  }

  async function learned() {
    const { gtin } = dialog.dataset;
    let answer;
    try {
      answer = await ask(bar.dataset.learn, { gtin, item: item.value, quantity: quantity.value.trim() });
    } catch {
      answer = { ok: false, told: { message: words.failed } };
    }
    fault.hidden = answer.ok;
    if (!answer.ok) {
      fault.textContent = answer.told.message;
      return;
    }
    dialog.close();
    const { told } = answer;
    for (const row of rows().filter((each) => each.dataset.gtin === gtin)) {
      set(row, "item", told.item, told.name);
      if (!value(row, counted)) set(row, counted, String(told.per_pack * Number(row.dataset.packs ?? 1)));
      if (value(row, "note") === put(words.barcode, { gtin })) set(row, "note", "");
      row.querySelector("[data-scan-notes]")?.remove();
      focus(row);
    }
    tell(told.said);
  }

  dialog?.querySelector("[data-scan-learn]").addEventListener("click", learned);
  quantity?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    learned();
  });
})();
