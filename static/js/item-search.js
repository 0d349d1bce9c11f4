// Search as one types, over GET {data-item-search}?q= which answers [{code, name, base_unit, detail}].
// Without script, or when the server does not answer, the field stays a text box that takes a code or a name.

(() => {
  const words = () => document.getElementById("ui-words")?.dataset ?? {};

  function line(item, escape) {
    const detail = [item.detail, item.base_unit].filter(Boolean).join(" · ");
    return `<div class="found"><span class="found-name">${escape(item.name ?? item.code)}</span>
    <span class="found-more"><bdi class="code">${escape(item.code)}</bdi>${detail ? ` · ${escape(detail)}` : ""}</span></div>`;
  }

  function enhance(input) {
    if (input.tomselect) return;
    const address = input.dataset.itemSearch;
    const start = input.value ? [{ code: input.value, name: input.dataset.label || input.value }] : [];
    // Names that the server sends back with the form, so that a page shown again shows what was chosen.
    new window.TomSelect(input, {
      valueField: "code",
      labelField: "name",
      searchField: [],
      score: () => () => 1, // The server has ranked them: it forgives spelling and accents.
      options: start,
      items: start.map((item) => item.code),
      maxItems: 1,
      maxOptions: 20,
      create: true, // What was typed is kept as it is and judged by the server, never lost.
      createOnBlur: true,
      persist: false,
      selectOnTab: true,
      openOnFocus: false,
      loadThrottle: 150,
      refreshThrottle: 0, // A list that is refreshed later takes the focus back from who has gone on.
      hidePlaceholder: true,
      onInitialize() {
        this.input.setAttribute("aria-hidden", "true"); // Its label went to the box that is typed in.
        this.control_input.setAttribute("aria-label", input.getAttribute("aria-label") ?? "");
        if (input.getAttribute("aria-describedby"))
          this.control_input.setAttribute("aria-describedby", input.getAttribute("aria-describedby"));
      },
      // What was found for fewer letters must not be taken by a fast Enter.
      onType() {
        this.clearOptions();
      },
      async load(query, done) {
        try {
          const url = new URL(address, location.href);
          url.searchParams.set("q", query);
          const site = input.form?.querySelector("[name=site]")?.value;
          if (site) url.searchParams.set("site", site);
          const answer = await fetch(url, { headers: { Accept: "application/json" } });
          done(answer.ok ? await answer.json() : []);
        } catch {
          done([]);
        }
      },
      render: {
        option: line,
        item: (item, escape) =>
          `<div class="chosen"><span>${escape(item.name ?? item.code)}</span>${item.name && item.name !== item.code ? ` <bdi class="code">${escape(item.code)}</bdi>` : ""}</div>`,
        option_create(data, escape) {
          return `<div class="create" role="option" id="${escape(this.inputId)}-as-typed">${escape(words().searchAsTyped)} <strong>${escape(data.input)}</strong></div>`;
        },
        no_results: () => `<div class="no-results">${words().searchNone}</div>`,
        loading: () => '<div class="searching" aria-hidden="true"></div>',
      },
      onItemAdd(value) {
        const item = this.options[value];
        this.setTextboxValue("");
        input.dispatchEvent(new CustomEvent("relais:item", { bubbles: true, detail: item }));
        // Before the next key is heard: a scanner types faster than any timer.
        if (this.isFocused) queueMicrotask(() => window.Relais.moveOn(this.control_input));
      },
    });
  }

  function choose(select) {
    if (select.tomselect) return;
    new window.TomSelect(select, {
      maxOptions: 500,
      allowEmptyOption: true,
      refreshThrottle: 0,
      hidePlaceholder: true,
      onInitialize() {
        this.input.setAttribute("aria-hidden", "true");
        // Tab takes what was looked for; passing through a list by Tab chooses nothing.
        this.control_input.addEventListener(
          "keydown",
          (event) => {
            if (event.key === "Tab") this.settings.selectOnTab = this.inputValue() !== "";
          },
          true,
        );
      },
      render: { no_results: () => `<div class="no-results">${words().searchNone}</div>` },
    });
  }

  function wake(root) {
    for (const input of root.querySelectorAll("[data-item-search]")) enhance(input);
    for (const select of root.querySelectorAll("select[data-search]")) choose(select);
  }

  wake(document);
  document.addEventListener("relais:row", (event) => wake(event.target));
  document.addEventListener("htmx:load", (event) => wake(event.detail.elt));
})();
