// Hand-held scanners type. What one types is told apart from what a person types by its pace and by its form, taken out
// of the field where it landed, and given on as `relais:scan` {data, keys}: `keys` is the same as a keyboard of the
// United States types it, for a scanner that is set to another keyboard than the computer. Typing is never held back.
(() => {
  const GAP = 250; // ms between two keys of a scan, at most: radio and slow pages stumble
  const PACE = 45; // ms between most keys; who types a number takes twice that
  const QUIET = 300; // ms after which a scan without a closing Enter or Tab has ended
  const FNC1 = "\x1d";
  const KEYS = Object.fromEntries(
    [
      ["Backquote", "`~"],
      ["Minus", "-_"],
      ["Equal", "=+"],
      ["BracketLeft", "[{"],
      ["BracketRight", "]}"],
      ["Backslash", "\\|"],
      ["Semicolon", ";:"],
      ["Quote", "'\""],
      ["Comma", ",<"],
      ["Period", ".>"],
      ["Slash", "/?"],
      ["Space", "  "],
      ...[..."1!2@3#4$5%6^7&8*9(0)".matchAll(/../g)].map(([pair]) => [`Digit${pair[0]}`, pair]),
    ].concat(
      [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"].map((letter) => [`Key${letter}`, letter.toLowerCase() + letter]),
      [..."0123456789"].map((digit) => [`Numpad${digit}`, digit + digit]),
    ),
  );

  let burst = null;
  let timer = 0;

  // ---- what a scan looks like ---------------------------------------------------------------------

  function checked(digits) {
    const sum = [...digits].reverse().reduce((all, digit, at) => all + Number(digit) * (at % 2 ? 3 : 1), 0);
    return sum % 10 === 0;
  }

  function looks(text) {
    const clean = text.replaceAll(FNC1, "");
    if (/^\d{8}$/.test(text)) return checked(text);
    return (
      /^\][A-Za-z]\d./.test(text) ||
      /^\(\d{2,4}\)./.test(text) ||
      /^https?:\/\/\S+\/\d{2,4}\/\S/i.test(text) ||
      /^(\d{12,14}|\d{18})$/.test(text) ||
      /^(0[12]\d{14}|00\d{18})/.test(clean) ||
      (text.includes(FNC1) && /^\d{2}./.test(clean))
    );
  }

  function isScan(found) {
    const length = Math.max(found.text.length, found.keys.length);
    const gaps = found.stamps.slice(1).map((stamp, at) => stamp - found.stamps[at]);
    const median = gaps.sort((one, other) => one - other)[gaps.length >> 1];
    return length >= 8 && median <= PACE && (looks(found.text) || looks(found.keys));
  }

  // ---- what stood in the field before --------------------------------------------------------------

  const typedIn = (field) => field.matches?.("input, textarea, select");

  function keep(field) {
    if (!typedIn(field)) return null;
    let selection = null;
    try {
      selection = [field.selectionStart, field.selectionEnd];
    } catch {
      // Dates and numbers have no selection.
    }
    return { value: field.value, selection };
  }

  function putBack({ field, before }) {
    if (!before || field.value === before.value) return;
    const search = field.closest(".ts-wrapper")?.previousElementSibling?.tomselect;
    if (search) {
      search.setTextboxValue(before.value);
      search.clearOptions();
      search.close(false);
      return;
    }
    field.value = before.value;
    if (before.selection?.[0] != null) field.setSelectionRange(...before.selection);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // ---- key by key ------------------------------------------------------------------------------------

  function isSeparator(event) {
    return event.key === FNC1 || event.key === "F8" || (event.ctrlKey && event.code === "BracketRight");
  }

  function characterOf(event) {
    if (event.ctrlKey && !event.getModifierState("AltGraph")) return null;
    if (event.metaKey) return null;
    if (event.key.length === 1) return event.key;
    if (event.key === "Dead") return "";
    return /^[^\x00-\x7f]+$/.test(event.key) ? event.key : null; // a key of two letters
  }

  function end(event) {
    clearTimeout(timer);
    const found = burst;
    burst = null;
    if (!found || !isScan(found)) return false;
    event?.preventDefault();
    event?.stopImmediatePropagation();
    putBack(found);
    const detail = { data: found.text, keys: found.keys, from: "wedge" };
    document.dispatchEvent(new CustomEvent("relais:scan", { detail }));
    return true;
  }

  function heard(event, text, key) {
    const now = event.timeStamp;
    if (!burst || burst.field !== event.target || now - burst.last > GAP)
      burst = { field: event.target, before: keep(event.target), stamps: [], text: "", keys: "" };
    burst.last = now;
    burst.stamps.push(now);
    burst.text += text;
    burst.keys += key;
    clearTimeout(timer);
    timer = setTimeout(() => burst?.text.length >= 13 && end(), QUIET);
  }

  // While a scan is being typed nothing else may move the focus or fill fields: what it replaces would come back.
  async function quiet() {
    while (burst && performance.now() - burst.last <= GAP) await new Promise((done) => setTimeout(done, 20));
  }
  window.RelaisWedge = { quiet };

  addEventListener(
    "keydown",
    (event) => {
      if (event.isComposing || !event.key || event.target.type === "password") return;
      if (event.key === "Enter" || event.key === "Tab") {
        if (burst && event.timeStamp - burst.last <= GAP) end(event);
        burst = null;
      } else if (isSeparator(event)) {
        if (!burst || event.timeStamp - burst.last > GAP) return;
        event.preventDefault();
        heard(event, FNC1, FNC1);
      } else {
        const text = characterOf(event);
        if (text !== null) heard(event, text, KEYS[event.code]?.[event.shiftKey ? 1 : 0] ?? text);
        else if (!["Shift", "AltGraph", "CapsLock", "Control", "Alt"].includes(event.key)) burst = null;
      }
    },
    true,
  );
})();
