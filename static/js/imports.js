// A file may be dropped where it could be chosen.
(() => {
  for (const zone of document.querySelectorAll("[data-drop-zone]")) {
    const input = zone.querySelector("input[type=file]");
    const over = (on) => zone.classList.toggle("is-over", on);
    zone.querySelector("[data-drop-hint]").hidden = false;
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    zone.addEventListener("dragleave", () => over(false));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }
})();
