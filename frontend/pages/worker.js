// Keeps what is no one's: the assets, and the page that is shown without a network. Nothing else,
// so that no wallet stays behind in a browser. KEPT is written before this by the server.
const NAME = "kept";
const OFFLINE = "/m/offline";

self.addEventListener("install", (event) => {
  const fill = async () => {
    const kept = await caches.open(NAME);
    await kept.addAll([...self.KEPT, OFFLINE]);
    const wanted = new Set([...self.KEPT, OFFLINE]);
    for (const old of await kept.keys())
      if (!wanted.has(new URL(old.url).pathname)) await kept.delete(old);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate")
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  else if (new URL(request.url).pathname.startsWith("/assets/"))
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
