// Scanners: one that types (a keyboard wedge ends with Enter), and the camera where it can read.
const SHORTEST = 8;
const PAUSE = 120;
const FORMATS = ["qr_code", "code_128"];

// A wedge types faster than anybody. What it typed into a field is taken out again.
export function listen({ begins, scanned }) {
  let typed = "";
  let last = -Infinity;
  let field;
  let before = "";
  addEventListener(
    "keydown",
    (event) => {
      const now = event.timeStamp;
      if (event.key === "Enter") {
        const text = typed;
        const together = now - last <= PAUSE;
        typed = "";
        last = -Infinity; // what follows is another one, however soon it comes
        if (text.length < SHORTEST || !together) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        if (field) {
          field.value = before;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        scanned(text);
        return;
      }
      if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return;
      if (now - last > PAUSE) {
        typed = "";
        begins();
        const here = event.target.closest?.("input, textarea");
        field = here ?? undefined;
        before = here ? here.value : "";
      }
      typed += event.key;
      last = now;
    },
    true,
  );
}

// Whether there is a camera, which a page has only over https and on localhost.
export async function canScan() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.some((device) => device.kind === "videoinput");
}

// What the browser itself reads codes with; where it cannot, as on an iPad, what is fetched for it.
async function reader() {
  if ("BarcodeDetector" in window) {
    const known = await BarcodeDetector.getSupportedFormats();
    const formats = FORMATS.filter((format) => known.includes(format));
    if (formats.length) return new BarcodeDetector({ formats });
  }
  const { BarcodeDetector: Fetched } = await import("qr/decode.js");
  return new Fetched({ formats: ["qr_code"] });
}

// Look through the camera until something is read or `stop` is called.
export async function scan(video) {
  const detector = await reader();
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment" },
  });
  let over = false;
  const stop = () => {
    over = true;
    for (const track of stream.getTracks()) track.stop();
    video.hidden = true;
    video.srcObject = null;
  };
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const found = (async () => {
    while (!over) {
      const [first] = await detector.detect(video).catch(() => []);
      if (first) {
        stop();
        return first.rawValue;
      }
      await new Promise((done) => setTimeout(done, 120));
    }
    return undefined;
  })();
  return { found, stop };
}
