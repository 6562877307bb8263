// The listening page: the player module, and the text beside it.
import { Player } from "./player.js";

const box = document.querySelector("#listen");
const audio = box.querySelector("audio");
const state = document.querySelector("#listen-state");
const sentences = [...document.querySelectorAll(".sentence")];
const player = new Player(audio, {
  endpoint: location.origin,
  session: box.dataset.session,
  token: box.dataset.token,
  onRefused: (refusals) => { state.textContent = refusals[0]?.reason ?? "An event was refused"; },
  onError: (error) => { state.textContent = `Not sent yet: ${error.message}`; },
});
player.load({ content_id: box.dataset.content, audio_url: box.dataset.audio });

const like = box.querySelector('[data-act="like"]');
like.addEventListener("click", () => {
  const liked = like.getAttribute("aria-pressed") !== "true";
  like.setAttribute("aria-pressed", String(liked));
  like.textContent = liked ? "Liked" : "Like";
  if (liked) player.like(); else player.unlike();
});
box.querySelector('[data-act="replay"]').addEventListener("click", () => player.replay());
box.querySelector('[data-act="speed"]').addEventListener("change", (event) => {
  audio.playbackRate = Number(event.target.value);
});
const nextState = document.querySelector("#next-state");
const nextLink = document.querySelector("#next-link");
document.querySelector("#next-ask").addEventListener("click", async () => {
  const { recommendations: [piece], generation, reason } = await player.whatNext();
  if (piece) {
    nextLink.href = `/learning/listen/${encodeURIComponent(piece.content_id)}`;
    nextLink.textContent = piece.title;
  }
  nextLink.hidden = !piece;
  nextState.textContent = generation
    ? `A new piece is being made: ${generation.reason || generation.error || generation.estimate}`
    : reason || (piece ? piece.reasons.join("; ") : "No pieces left");
});
for (const sentence of sentences) {
  sentence.addEventListener("click", () => {
    player.replayFrom(Number(sentence.dataset.start));
    audio.play();
  });
}
audio.addEventListener("timeupdate", () => {
  for (const sentence of sentences) {
    const heard = audio.currentTime >= Number(sentence.dataset.start) && audio.currentTime < Number(sentence.dataset.end);
    if (heard) sentence.setAttribute("aria-current", "true"); else sentence.removeAttribute("aria-current");
  }
});
audio.addEventListener("ended", async () => {
  await player.flush();
  const level = await player.level();
  state.textContent = level.enough_data
    ? `Your level: ${level.level.toFixed(2)} (${level.low.toFixed(2)} to ${level.high.toFixed(2)})`
    : `${level.outcomes} ${level.outcomes === 1 ? "piece is" : "pieces are"} counted; a level needs five`;
});
