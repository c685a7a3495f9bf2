// Plays a song: a button, the time, the loudness; the waveform moves with it.
import { text } from "./text.js";
import { make } from "./dom.js";

// Kept from song to song.
let volume = 1;

export class Player {
  #audio; #seconds; #button; #time; #onMove = () => { };

  constructor(path, seconds) {
    this.#seconds = seconds;
    this.#audio = make("audio", { preload: "metadata", src: path });
    this.#audio.volume = volume;
    this.#button = make("button", { type: "button", class: "play", "aria-label": text.play, onclick: () => this.toggle() });
    this.#time = make("span", { class: "time" });
    const loud = make("input", { type: "range", min: 0, max: 1, step: 0.05, "aria-label": text.volume });
    loud.value = volume;
    loud.addEventListener("input", () => { volume = this.#audio.volume = Number(loud.value); });
    const problem = make("p", { class: "problem", role: "alert" });
    this.#audio.addEventListener("error", () => { problem.textContent = text.playerNone; });
    for (const event of ["play", "pause", "ended"]) {
      this.#audio.addEventListener(event, () => this.#showState());
    }

    for (const event of ["timeupdate", "seeking", "seeked"]) {
      this.#audio.addEventListener(event, () => this.#move());
    }

    this.box = make("div", {}, this.#audio, make("div", { class: "row player" }, this.#button, this.#time, make("div", { class: "volume" }, loud)), problem);
    this.#move();
  }

  // Files end a little before or after the seconds that are said of them.
  get time() { return this.#audio.ended ? this.#seconds : this.#audio.currentTime; }

  // Is called whenever the song has moved, at each picture while it plays.
  set onMove(handler) { this.#onMove = handler; }

  seek(seconds) { this.#audio.currentTime = seconds; }

  play() { this.#audio.play().catch(() => { }); }

  stop() { this.#audio.pause(); }

  toggle() { this.#audio.paused ? this.play() : this.#audio.pause(); }

  #showState() {
    const plays = !this.#audio.paused && !this.#audio.ended;
    this.#button.setAttribute("aria-label", plays ? text.pause : text.play);
    this.#button.classList.toggle("plays", plays);
    this.#move();
    if (plays) {
      requestAnimationFrame(() => this.#follow());
    }
  }

  #follow() {
    this.#move();
    if (!this.#audio.paused && this.#audio.isConnected) {
      requestAnimationFrame(() => this.#follow());
    }
  }

  #move() {
    this.#time.textContent = text.time(this.time, this.#seconds);
    this.#onMove();
  }
}
