// The studio: EventSource continues an unfinished answer; it reconnects automatically
// and sends its position. Links to a second start the player there.
for (const place of document.querySelectorAll("[data-stream]")) {
  const source = new EventSource(place.dataset.stream);
  source.addEventListener("text", (event) => { place.append(JSON.parse(event.data).text); });
  source.addEventListener("end", () => { source.close(); location.reload(); });
}

const player = document.querySelector("#player");
const seek = (seconds) => {
  if (!player || !Number.isFinite(seconds)) return;
  player.currentTime = seconds;
  player.play().catch(() => {});
};
for (const link of document.querySelectorAll("[data-seek]")) {
  link.addEventListener("click", () => seek(Number(link.dataset.seek)));
}
const wanted = /^#t=(\d+)$/.exec(location.hash);
if (player && wanted) {
  player.addEventListener("loadedmetadata", () => { player.currentTime = Number(wanted[1]); }, { once: true });
}
