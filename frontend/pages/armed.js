// The secret of this device is shown this once: keep it, wipe it from the page, and go on.
import { keep } from "../member/keys.js";

const place = document.getElementById("armed");
const { device, secret, to } = place.dataset;
delete place.dataset.secret;
try {
  await keep(Number(device), secret);
} catch {
  // A browser that cannot keep it asks the alliance for each code.
}
location.replace(to);
