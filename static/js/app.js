// What every page shares. All of it is help only: each form and link works without it.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = () => document.getElementById("ui-words")?.dataset ?? {};

  // ---- light, dark, auto -------------------------------------------------------------------------

  const THEMES = ["auto", "light", "dark"];

  function showTheme(button) {
    const choice = document.documentElement.dataset.themeChoice || "auto";
    for (const mark of all("[data-theme-icon]", button)) mark.hidden = mark.dataset.themeIcon !== choice;
    button.querySelector("[data-theme-word]").textContent = button.dataset[choice];
    button.title = button.dataset[choice];
    button.hidden = false;
  }

  function nextTheme(button) {
    const choice = document.documentElement.dataset.themeChoice || "auto";
    try {
      localStorage.setItem("relais-theme", THEMES[(THEMES.indexOf(choice) + 1) % THEMES.length]);
    } catch {
      return;
    }
    dispatchEvent(new Event("relais:theme"));
    showTheme(button);
  }

  // ---- menus: close on a click elsewhere and on Escape --------------------------------------------

  function closeMenus(except) {
    for (const menu of all("details[data-menu][open]")) if (menu !== except) menu.open = false;
  }

  // ---- asking first, and posting once -------------------------------------------------------------

  function askFirst(form, submitter, text) {
    const dialog = document.getElementById("confirm");
    dialog.querySelector("#confirm-text").textContent = text;
    const yes = dialog.querySelector("[data-confirm-yes]");
    yes.textContent = submitter?.dataset.confirmWords || form.dataset.confirmWords || yes.dataset.default;
    yes.className = submitter?.classList.contains("btn-outline-danger")
      ? "btn btn-danger"
      : "btn btn-primary";
    dialog.returnValue = "no";
    dialog.addEventListener(
      "close",
      () => {
        if (dialog.returnValue !== "yes") return;
        form.dataset.confirmed = "yes";
        form.requestSubmit(submitter ?? undefined);
      },
      { once: true },
    );
    dialog.showModal();
  }

  function holdForm(form, submitter) {
    form.dataset.busy = "yes";
    form.setAttribute("aria-busy", "true");
    // Only after this turn: a button that is disabled at once would not send its name and value.
    setTimeout(() => {
      for (const button of all("button:not([type=button])", form)) {
        if (!button.disabled) {
          button.disabled = true;
          button.dataset.held = "yes";
        }
      }
      submitter?.classList.add("is-busy");
    });
  }

  function releaseForm(form) {
    delete form.dataset.busy;
    delete form.dataset.confirmed;
    form.removeAttribute("aria-busy");
    for (const button of all("[data-held]", form)) {
      button.disabled = false;
      delete button.dataset.held;
      button.classList.remove("is-busy");
    }
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post") return;
      if (form.dataset.busy) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      const text =
        event.submitter?.dataset.confirm || (event.submitter?.formNoValidate ? "" : form.dataset.confirm);
      if (text && !form.dataset.confirmed) {
        event.preventDefault();
        event.stopImmediatePropagation();
        askFirst(form, event.submitter, text);
        return;
      }
      holdForm(form, event.submitter);
      // A file that is answered with a download leaves the page where it is.
      if (form.target || "download" in form.dataset) setTimeout(() => releaseForm(form), 1500);
    },
    true,
  );

  // Coming back by the browser's own button must find a form that can be sent again.
  addEventListener("pageshow", () => all("form[data-busy]").forEach(releaseForm));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest?.("form");
    if (form) releaseForm(form);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => say(words().network, "danger"));
  }

  // ---- short messages, read aloud -----------------------------------------------------------------

  function say(text, tone = "info") {
    const box = document.getElementById("messages");
    if (!box || !text) return;
    const notice = document.createElement("div");
    notice.className = `notice tone-${tone}`;
    const line = document.createElement("div");
    line.className = "notice-words";
    line.textContent = text;
    notice.append(line);
    box.append(notice);
  }

  // ---- lines: rows to add and remove, sums, the Enter key -----------------------------------------

  // What a closed <details> holds has an offsetParent all the same.
  const visible = (field) => (field.checkVisibility ? field.checkVisibility() : field.offsetParent !== null);

  const inputsOf = (row) =>
    all("input, select, textarea", row).filter(
      (field) =>
        field.type !== "hidden" && !field.disabled && !field.matches(".tomselected") && visible(field),
    );

  function amount(text) {
    const value = Number(
      String(text)
        .replace(/[\s\u00a0\u202f_]/g, "")
        .replace(",", "."),
    );
    return Number.isFinite(value) ? value : 0;
  }

  function sum(lines) {
    for (const output of all("[data-total]", lines)) {
      const { total, times } = output.dataset;
      let result = 0;
      for (const row of all("[data-row]", lines)) {
        const pick = (name) => row.querySelector(`[name$="-${name}"]`)?.value ?? "";
        if (total === "count")
          result += all("input[type=text], input:not([type])", row).some((field) => field.value.trim())
            ? 1
            : 0;
        else result += amount(pick(total)) * (times ? amount(pick(times)) : 1);
      }
      output.firstElementChild.textContent = new Intl.NumberFormat(
        document.documentElement.lang === "fr" ? "fr" : "en",
        {
          maximumFractionDigits: 3,
        },
      ).format(result);
    }
  }

  function nextIndex(lines) {
    const prefix = lines.dataset.prefix;
    const used = all(`[name^="${prefix}-"]`, lines).map((field) =>
      Number(field.name.slice(prefix.length + 1).split("-")[0]),
    );
    return Math.max(-1, ...used.filter(Number.isInteger)) + 1;
  }

  function clearRow(row) {
    for (const field of all("input, select, textarea", row)) {
      if (field.type === "checkbox" || field.type === "radio") field.checked = false;
      else if (field.tagName === "SELECT") field.selectedIndex = 0;
      else field.value = "";
      field.classList.remove("is-invalid");
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      delete field.dataset.label;
    }
    for (const error of all(".field-error", row)) error.remove();
  }

  function addRow(lines) {
    const row = lines.querySelector("[data-row-template]").content.firstElementChild.cloneNode(true);
    const number = String(nextIndex(lines));
    for (const element of all("*", row)) {
      for (const name of ["name", "id", "for", "value"]) {
        const text = element.getAttribute(name);
        if (text?.includes("__n__")) element.setAttribute(name, text.replaceAll("__n__", number));
      }
    }
    clearRow(row);
    lines.querySelector("[data-rows]").append(row);
    row.dispatchEvent(new CustomEvent("relais:row", { bubbles: true }));
    inputsOf(row)[0]?.focus();
    sum(lines);
    return row;
  }

  function removeRow(row) {
    const lines = row.closest("[data-lines]");
    const rows = all("[data-row]", lines);
    if (rows.length === 1) {
      addRow(lines);
      row.remove();
    } else {
      const neighbour = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      inputsOf(neighbour)[0]?.focus();
    }
    sum(lines);
  }

  // From one control to the next of the row, then to the next row, which is made when there is none.
  function moveOn(field) {
    const row = field.closest("[data-row]");
    if (!row) return false;
    const fields = inputsOf(row);
    const next =
      fields[fields.indexOf(field) + 1] ?? (row.nextElementSibling && inputsOf(row.nextElementSibling)[0]);
    if (next) {
      next.focus();
      next.select?.();
    } else {
      addRow(row.closest("[data-lines]"));
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      const open = document.querySelector("details[data-menu][open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      }
    }
    if (event.key !== "Enter") return;
    const form = event.target.form;
    if (form && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-main]") ?? undefined);
    } else if (event.target.matches?.("[data-row] input, [data-row] select") && !event.defaultPrevented) {
      event.preventDefault();
      moveOn(event.target);
    }
  });

  document.addEventListener("input", (event) => {
    const lines = event.target.closest("[data-lines]");
    if (lines) sum(lines);
    if (event.target.matches("input[type=date], [data-expiry]")) echoDate(event.target);
  });

  // ---- dates in words: a browser shows its own order of day and month, which can be misread -----------

  // 2027-04-30, or for an expiry also 2027-04, 04/2027 and 0427, which mean the last day of the month.
  function dateOf(text, monthAllowed) {
    const clean = text.trim();
    let found = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(clean);
    if (found) return valid(Number(found[1]), Number(found[2]), Number(found[3]));
    if (!monthAllowed) return null;
    if ((found = /^(\d{4})[-/.](\d{1,2})$/.exec(clean))) return lastDay(Number(found[1]), Number(found[2]));
    if ((found = /^(\d{1,2})[-/.](\d{4})$/.exec(clean))) return lastDay(Number(found[2]), Number(found[1]));
    if ((found = /^(\d{2})(\d{2})$/.exec(clean))) return lastDay(2000 + Number(found[2]), Number(found[1]));
    return null;
  }

  function valid(year, month, day) {
    const date = new Date(Date.UTC(year, month - 1, day));
    return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : null;
  }

  function lastDay(year, month) {
    return month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)) : null;
  }

  // As the server writes dates: the day before the month in English, Iraq's months in Arabic, Latin digits in every
  // language. A language the browser does not know falls back to its own.
  const LOCALES = {
    en: "en-GB",
    ar: "ar-IQ-u-nu-latn",
    ckb: "ckb-IQ-u-nu-latn",
    "kmr-Arab": "ckb-IQ-u-nu-latn",
  };
  const locale = () => LOCALES[document.documentElement.lang] ?? document.documentElement.lang;

  function echoDate(field) {
    let echo = field.parentElement.querySelector(".date-echo");
    if (!echo) {
      echo = document.createElement("span");
      echo.className = "date-echo";
      field.insertAdjacentElement("afterend", echo);
    }
    const date = dateOf(field.value, "expiry" in field.dataset);
    const style = {
      day: "numeric",
      month: "short",
      year: "numeric",
      timeZone: "UTC",
      numberingSystem: "latn",
    };
    echo.textContent = date ? new Intl.DateTimeFormat(locale(), style).format(date) : "";
  }

  // ---- clicks -------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const at = (selector) => event.target.closest(selector);
    let found;
    if ((found = at("[data-theme-toggle]"))) nextTheme(found);
    else if ((found = at("[data-dismiss]"))) found.closest(".notice").remove();
    else if ((found = at("[data-add-row]"))) {
      event.preventDefault();
      addRow(found.closest("[data-lines]"));
    } else if ((found = at("[data-remove-row]"))) {
      event.preventDefault();
      removeRow(found.closest("[data-row]"));
    } else if ((found = at("[data-show-password]"))) {
      const field = document.getElementById(found.dataset.showPassword);
      const shown = field.type === "password";
      field.type = shown ? "text" : "password";
      found.setAttribute("aria-pressed", String(shown));
    } else if ((found = at("[data-fill-login]"))) {
      document.querySelector("[name=email]").value = found.dataset.email;
      document.querySelector("[name=password]").value = found.dataset.password;
      document.querySelector("form [data-main]").focus();
    } else if (at("[data-print]")) print();
  });

  // ---- what needs script is hidden until now ------------------------------------------------------

  function wake(root = document) {
    all("[data-theme-toggle]", root).forEach(showTheme);
    for (const element of all("[data-dismiss], [data-show-password], [data-fill-login], [data-print]", root))
      element.hidden = false;
    all("[data-lines]", root).forEach(sum);
    all("input[type=date], [data-expiry]", root).forEach(echoDate);
    root.querySelector("[data-error-summary]")?.focus();
    // A filter that only stands for itself is applied when it changes.
    for (const field of all("[data-submit-on-change]", root))
      field.addEventListener("change", () => field.form.requestSubmit());
  }

  wake();
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt !== document.body) wake(event.detail.elt);
  });

  window.Relais = { addRow, moveOn, say, wake };
})();
