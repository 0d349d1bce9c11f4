// The expiry of a lot that was received before is filled in as its number is typed. The server does the same
// for a lot that is sent without one.
(() => {
  const part = (row, name) => row.querySelector(`[name$="-${name}"]`);

  async function remember(row) {
    const [item, lot, expiry] = ["item", "lot", "expires_on"].map((name) => part(row, name));
    if (!item?.value || !lot?.value || (expiry.value && !("remembered" in expiry.dataset))) return;
    const lines = row.closest("[data-known-lot]");
    const url = new URL(lines.dataset.knownLot, location.href);
    url.search = new URLSearchParams({ item: item.value, lot: lot.value });
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const known = await answer.json();
      if (expiry.value && !("remembered" in expiry.dataset)) return; // Typed meanwhile.
      expiry.value = known.expires_on ?? "";
      if (known.expires_on) {
        expiry.dataset.remembered = "";
        expiry.title = lines.dataset.knownWords;
      } else delete expiry.dataset.remembered;
      expiry.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "remembered" }));
    } catch {
      // Without a network the date is typed.
    }
  }

  // Enter in the head of the form goes on as well: it never sends a form that is half filled in.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (!field.form?.querySelector("[data-known-lot]") || !field.matches("input, select") || field.closest("[data-row]")) return;
    event.preventDefault();
    const fields = [...field.form.elements].filter(
      (each) => each.matches("input:not([type=hidden]), select:not(.tomselected)") && each.checkVisibility() && !each.disabled,
    );
    fields[fields.indexOf(field) + 1]?.focus();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-known-lot] [data-lot]")) remember(event.target.closest("[data-row]"));
  });
  document.addEventListener("relais:item", (event) => {
    const row = event.target.closest("[data-known-lot] [data-row]");
    if (row) remember(row);
  });
  document.addEventListener("input", (event) => {
    if (event.detail === "remembered" || !event.target.matches("[data-known-lot] [data-expiry]")) return;
    delete event.target.dataset.remembered;
    event.target.title = "";
  });
})();
