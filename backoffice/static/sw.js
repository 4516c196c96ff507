// Shows nothing by itself: pages ask it for notifications, because only those survive the page's tab being hidden.
// A click leads to the receipt, in a window that is already open when there is one.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = new URL(event.notification.data?.url ?? "/", self.location.origin).href;
  event.waitUntil((async () => {
    const windows = await self.clients.matchAll({ type: "window" });
    if (windows.length === 0) return self.clients.openWindow(address);
    const chosen = windows.find((one) => one.focused) ?? windows[0];
    await chosen.focus();
    return chosen.navigate(address);
  })());
});
