// The secret of this device, kept as a key that signs and never leaves: no script can read it.
const NAME = "tongbao";
const STORE = "device";

function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function ask(mode, what) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const asked = what(database.transaction(STORE, mode).objectStore(STORE));
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  } finally {
    database.close();
  }
}

export async function keep(device, secret) {
  const bytes = Uint8Array.from(atob(secret), (char) => char.charCodeAt(0));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["sign"]);
  bytes.fill(0);
  await ask("readwrite", (store) => store.put({ device, key }, "this"));
}

// Nothing where there is no key, or where this browser cannot sign (a page without https).
export async function kept() {
  try {
    if (!crypto.subtle) return undefined;
    return await ask("readonly", (store) => store.get("this"));
  } catch {
    return undefined;
  }
}

export async function forget() {
  try {
    await ask("readwrite", (store) => store.delete("this"));
  } catch {
    // Where nothing can be kept, nothing was.
  }
}
