/**
 * @wavehouse/player: sends a learner's events on an audio element to Wavehouse.
 *
 * One file, no build. Events are kept in the browser's storage until the server has them, and are sent in
 * batches; each has a unique id, so that sending it again changes nothing.
 *
 *   import { Player } from "./player.js";
 *   const player = new Player(document.querySelector("audio"), {
 *     endpoint: "the address of Wavehouse", session: "…", token: "whs_…",
 *   });
 *   const [piece] = await player.next();
 *   player.load(piece);
 *
 * Options: endpoint, session, token (from POST /api/v1/learning/sessions), flushSeconds (10),
 * onRefused(refusals), onError(error).
 */

const PROGRESS_SECONDS = 15;
const LARGEST_BATCH = 500;
const LONGEST_WAIT = 60_000;
const REPLAY_SECONDS = 10;

export class Player {
  constructor(audio, options) {
    for (const name of ["endpoint", "session", "token"]) {
      if (typeof options?.[name] !== "string") throw new TypeError(`player: option ${name} is missing`);
    }
    this.audio = audio;
    this.content = null;
    this.options = { flushSeconds: 10, onRefused: () => {}, onError: () => {}, ...options };
    this.base = `${options.endpoint.replace(/\/$/, "")}/api/v1/learning/player/${encodeURIComponent(options.session)}`;
    this.key = `wavehouse.player.${options.session}`;
    this.waiting = this.#restored();
    this.position = 0;
    this.reported = 0;
    this.started = false;
    this.ended = false;
    this.jumping = null;
    this.wait = 0;
    this.sending = null;
    this.closing = new AbortController();
    this.#listen();
    this.timer = setInterval(() => this.flush(), this.options.flushSeconds * 1000);
  }

  /** Starts a piece: an object with content_id and audio_url, as returned by next(). */
  load(content) {
    this.#leave();
    this.content = content;
    this.position = this.reported = 0;
    this.started = this.ended = false;
    this.audio.src = new URL(content.audio_url, this.options.endpoint).href;
  }

  /** Records that the learner likes the piece, or no longer does. */
  like() { this.#add("like"); }
  unlike() { this.#add("unlike"); }

  /** Goes back some seconds, or to a position, to hear it again. */
  replay(seconds = REPLAY_SECONDS) { this.replayFrom(Math.max(0, this.audio.currentTime - seconds)); }
  replayFrom(position) {
    this.jumping = "replay";
    this.audio.currentTime = position;
  }

  /** Moves without the learner, as a sleep timer does; this does not count as evidence. */
  rewindByTimer(position) {
    this.jumping = "timer";
    this.audio.currentTime = position;
  }

  /** The next pieces, the recommended one first; an empty list when none are left. */
  async next(options = {}) { return (await this.whatNext(options)).recommendations; }

  /** The next pieces and, when none is suitable, the generation of a new one or the reason why there is none. */
  async whatNext({ language = "it", count = 1 } = {}) {
    await this.flush();
    const query = new URLSearchParams({ language, count });
    return this.#ask(`/next?${query}`, { method: "POST" });
  }

  /** The learner's level with its interval and reasons. */
  async level() {
    await this.flush();
    return this.#ask("/level");
  }

  /** The sentences of a piece with their estimated times. */
  async transcript(contentId = this.content?.content_id) {
    return (await this.#ask(`/transcript?${new URLSearchParams({ content_id: contentId })}`)).sentences;
  }

  /** Sends pending events. Resolves when the server has them, or when they must wait longer. */
  flush({ keepalive = false } = {}) {
    if (!this.sending) {
      this.sending = this.#send(keepalive).finally(() => { this.sending = null; });
    }
    return this.sending;
  }

  /** Stops listening to the audio element and sends pending events. */
  async close() {
    this.#leave();
    clearInterval(this.timer);
    this.closing.abort();
    await this.flush({ keepalive: true });
  }

  #listen() {
    const on = (name, does, target = this.audio) =>
      target.addEventListener(name, does, { signal: this.closing.signal });
    on("play", () => {
      this.#add(this.started && !this.ended ? "resume" : "play");
      this.started = true;
      this.ended = false;
    });
    on("pause", () => { if (!this.audio.ended) this.#add("pause"); });
    on("ended", () => {
      this.ended = true;
      this.#add("complete", this.audio.duration);
      this.flush();
    });
    on("ratechange", () => { if (this.content) this.#add("speed_change", undefined, { speed: this.audio.playbackRate }); });
    on("seeked", () => {
      const before = this.position;
      this.position = this.audio.currentTime;
      if (!this.started) return;
      const kind = this.jumping === "replay" ? "replay" : "seek";
      this.#add(kind, undefined, { before, ...(this.jumping === "timer" ? { by_timer: true } : {}) });
      this.jumping = null;
    });
    on("timeupdate", () => {
      if (this.audio.seeking) return;
      this.position = this.audio.currentTime;
      if (!this.audio.paused && Math.abs(this.position - this.reported) >= PROGRESS_SECONDS) this.#add("progress");
    });
    on("pagehide", () => this.flush({ keepalive: true }), window);
    on("online", () => { this.wait = 0; this.flush(); }, window);
  }

  /** A piece that was started but not finished counts as left. */
  #leave() {
    if (this.content && this.started && !this.ended && !this.audio.ended) this.#add("skip");
    this.started = false;
  }

  #add(type, position = this.audio.currentTime, more = {}) {
    if (!this.content) return;
    this.reported = position;
    this.waiting.push({
      event_id: crypto.randomUUID(),
      content_id: this.content.content_id,
      type,
      at: new Date().toISOString(),
      position: Math.round(position * 100) / 100,
      ...(more.before === undefined ? more : { ...more, before: Math.round(more.before * 100) / 100 }),
    });
    this.#keep();
  }

  async #send(keepalive) {
    if (Date.now() < this.wait) return;
    while (this.waiting.length) {
      const batch = this.waiting.slice(0, keepalive ? 100 : LARGEST_BATCH);
      let answer;
      try {
        answer = await this.#ask("/events", { method: "POST", body: JSON.stringify({ events: batch }), keepalive });
      } catch (error) {
        this.options.onError(error);
        if (!error.isFinal) {
          this.wait = Date.now() + (this.wait ? LONGEST_WAIT : this.options.flushSeconds * 1000);
          return;
        }
        answer = { refused: batch.length, refusals: [] };
      }
      this.wait = 0;
      const sent = new Set(batch.map((event) => event.event_id));
      this.waiting = this.waiting.filter((event) => !sent.has(event.event_id));
      this.#keep();
      if (answer.refused) this.options.onRefused(answer.refusals);
    }
  }

  async #ask(path, { method = "GET", body, keepalive = false } = {}) {
    const response = await fetch(this.base + path, {
      method,
      body,
      keepalive,
      credentials: "omit",
      headers: { Authorization: `Bearer ${this.options.token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    });
    if (response.ok) return response.json();
    const problem = await response.json().catch(() => ({}));
    const error = new Error(problem.detail ?? problem.title ?? `status ${response.status}`);
    error.status = response.status;
    // A batch that the server always refuses is not resent forever; a session that no longer exists ends.
    error.isFinal = [404, 413, 422].includes(response.status);
    throw error;
  }

  #restored() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  #keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is full or disabled: events are kept in memory.
    }
  }
}
