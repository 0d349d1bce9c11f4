// The inbox of alerts: one box chooses all of the page. Without script its buttons do the same.
(() => {
  "use strict";
  for (const label of document.querySelectorAll("[data-check-all]")) {
    const all = label.querySelector("[data-check-all-box]");
    const boxes = () => [...document.querySelectorAll(`input[type=checkbox][name="${all.dataset.checkAllBox}"]`)];
    const show = () => {
      const ticked = boxes().filter((each) => each.checked).length;
      all.checked = ticked > 0 && ticked === boxes().length;
      all.indeterminate = ticked > 0 && !all.checked;
    };
    label.hidden = false;
    all.addEventListener("change", () => {
      for (const each of boxes()) each.checked = all.checked;
    });
    for (const each of boxes()) each.addEventListener("change", show);
    show();
  }
})();
