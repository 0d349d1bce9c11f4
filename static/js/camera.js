// The camera as a scanner. The browser's own reader where it knows these codes, else the one that is served with the
// pages (zxing, WebAssembly). What is read is given on as `relais:scan`; the camera is off whenever the dialog is closed.
(() => {
  const dialog = document.getElementById("scan-camera");
  const bar = document.querySelector("[data-scan]");
  const opener = bar?.querySelector("[data-scan-camera]");
  if (!dialog || !opener) return;
  const video = dialog.querySelector("video");
  const said = dialog.querySelector("[data-camera-said]");
  const which = dialog.querySelector("[data-camera-which]");
  const torch = dialog.querySelector("[data-camera-torch]");
  const stay = dialog.querySelector("[data-camera-stay]");
  const NATIVE = ["data_matrix", "code_128", "qr_code", "ean_13", "ean_8", "itf"];
  const ZXING = ["DataMatrix", "Code128", "QRCode", "EAN13", "EAN8", "UPCA", "ITF", "DataBar"];
  const EVERY = 120; // ms between two looks
  const AGAIN = 2500; // ms until the same code counts once more
  let stream = null;
  let looking = 0; // the number of the present run; one that is over sees it has changed
  let reader = null;

  const say = (name) => (said.textContent = dialog.dataset[name] ?? name);

  // ---- readers: each gives the text of a code in the picture, or null ------------------------------------

  async function native() {
    if (!("BarcodeDetector" in window)) return null;
    const known = await window.BarcodeDetector.getSupportedFormats().catch(() => []);
    const needed = ["data_matrix", "code_128", "qr_code", "ean_13", "itf"];
    if (!needed.every((format) => known.includes(format))) return null;
    const detector = new window.BarcodeDetector({ formats: NATIVE.filter((format) => known.includes(format)) });
    return async () => (await detector.detect(video))[0]?.rawValue || null;
  }

  function script(address) {
    return new Promise((done, fail) => {
      const element = document.createElement("script");
      element.src = address;
      element.addEventListener("load", done);
      element.addEventListener("error", fail);
      document.head.append(element);
    });
  }

  async function own() {
    if (!window.ZXingWASM) await script(bar.dataset.reader);
    const overrides = { locateFile: () => bar.dataset.wasm };
    await window.ZXingWASM.prepareZXingModule({ overrides, fireImmediately: true });
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const options = { formats: ZXING, tryHarder: true, maxNumberOfSymbols: 1, textMode: "Plain" };
    return async () => {
      const scale = Math.min(1, 1280 / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const picture = context.getImageData(0, 0, canvas.width, canvas.height);
      const [found] = await window.ZXingWASM.readBarcodes(picture, options);
      return found?.isValid ? found.symbologyIdentifier + found.text : null;
    };
  }

  // ---- the camera -----------------------------------------------------------------------------------------

  const FAULTS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "missing" };

  function stop() {
    looking += 1;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    torch.hidden = true;
  }

  async function start(deviceId) {
    stop();
    const run = looking;
    say("waiting");
    if (!navigator.mediaDevices?.getUserMedia) return say("insecure");
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    const camera = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } };
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { ...camera, ...size }, audio: false });
      if (run !== looking) return opened.getTracks().forEach((track) => track.stop());
      stream = opened;
      video.srcObject = stream;
      await video.play();
    } catch (error) {
      if (run === looking) say(FAULTS[error.name] ?? "busy");
      return;
    }
    offer();
    try {
      reader ??= (await native()) ?? (await own());
    } catch {
      if (run === looking) say("noReader");
      return;
    }
    if (run === looking) {
      say("looking");
      look(run);
    }
  }

  async function offer() {
    const [track] = stream.getVideoTracks();
    torch.hidden = !track.getCapabilities?.().torch;
    torch.setAttribute("aria-pressed", "false");
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((each) => each.kind === "videoinput");
    which.hidden = cameras.length < 2;
    which.replaceChildren(...cameras.map((each, at) => new Option(each.label || `${at + 1}`, each.deviceId)));
    which.value = track.getSettings().deviceId ?? "";
  }

  let seen = { data: "", at: 0 };

  async function look(run) {
    while (run === looking) {
      let data = null;
      try {
        if (video.readyState >= 2 && video.videoWidth) data = await reader();
      } catch {
        // A picture that could not be read; the next one is on its way.
      }
      if (run !== looking) return;
      const now = performance.now();
      if (data && (data !== seen.data || now - seen.at > AGAIN)) taken(data, now);
      else if (data) seen.at = now; // the code is still in the frame
      await new Promise((done) => setTimeout(done, EVERY));
    }
  }

  function taken(data, now) {
    seen = { data, at: now };
    navigator.vibrate?.(60);
    if (!stay.checked) dialog.close();
    document.dispatchEvent(new CustomEvent("relais:scan", { detail: { data, from: "camera" } }));
  }

  // ---- the dialog -----------------------------------------------------------------------------------------

  opener.hidden = false;
  opener.addEventListener("click", () => {
    seen = { data: "", at: 0 };
    dialog.showModal();
    start();
  });
  dialog.addEventListener("close", () => {
    stop();
    bar.querySelector("[data-scan-box]").focus();
  });
  document.addEventListener("relais:scanned", (event) => {
    if (dialog.open) say(event.detail.text);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && dialog.open) dialog.close();
  });
  which.addEventListener("change", () => start(which.value));
  torch.addEventListener("click", async () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    try {
      await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
      torch.setAttribute("aria-pressed", String(on));
    } catch {
      torch.hidden = true;
    }
  });
})();
