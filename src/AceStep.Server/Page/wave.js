// The waveform of a song: click or arrow keys to move in it, drag to mark a part. The spectrogram lies below it, on the same time.
import { clock, text } from "./text.js";
import { make } from "./dom.js";

const Shortest = 4;
const Step = 2;

export async function decode(path) {
  const response = await fetch(path);
  if (!response.ok) {
    throw new Error(`${response.status}`);
  }

  return new OfflineAudioContext(1, 1, 44100).decodeAudioData(await response.arrayBuffer());
}

export function peaksOf(sound) {
  const count = 1200;
  const peaks = new Float32Array(count);
  for (let channel = 0; channel < sound.numberOfChannels; channel++) {
    const samples = sound.getChannelData(channel);
    for (let i = 0; i < samples.length; i++) {
      const at = Math.floor(i * count / samples.length);
      peaks[at] = Math.max(peaks[at], Math.abs(samples[i]));
    }
  }

  return peaks;
}

export class Wave {
  #canvas; #head; #marked; #player; #seconds; #peaks = null; #onMark; #dragFrom = null;

  // player: has time, seek(seconds), play() and toggle(). onMark: is told what was marked by dragging, in seconds.
  constructor(player, seconds, onMark) {
    this.#player = player;
    this.#seconds = seconds;
    this.#onMark = onMark;
    this.#canvas = make("canvas", { class: "peaks", role: "slider", tabindex: 0, "aria-label": text.waveform, "aria-valuemin": 0, "aria-valuemax": Math.round(seconds) });
    this.#head = make("div", { class: "head" });
    this.#marked = make("div", { class: "mark", hidden: true });
    this.spectrogram = make("canvas", { class: "spectrogram", role: "img", "aria-label": text.spectrogram });
    this.box = make("div", { class: "wave" }, this.#canvas, this.spectrogram, this.#marked, this.#head);
    this.box.addEventListener("pointerdown", event => this.#down(event));
    this.box.addEventListener("pointermove", event => this.#move(event));
    this.box.addEventListener("pointerup", event => this.#up(event));
    this.box.addEventListener("pointercancel", () => { this.#dragFrom = null; });
    this.#canvas.addEventListener("keydown", event => this.#key(event));
    new ResizeObserver(() => this.draw()).observe(this.#canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  set peaks(value) { this.#peaks = value; this.draw(); }

  // [from, to] in seconds, or null.
  set mark(value) {
    this.#marked.hidden = value === null;
    if (value !== null) {
      const [from, to] = value.map(time => Math.min(1, time / this.#seconds) * 100);
      this.#marked.style.left = `${from}%`;
      this.#marked.style.width = `${to - from}%`;
    }
  }

  draw() {
    const canvas = this.#canvas;
    if (!canvas.isConnected || canvas.clientWidth === 0) {
      return;
    }

    const place = Math.min(1, this.#player.time / this.#seconds);
    this.#head.style.left = `${place * 100}%`;
    if (canvas.ariaValueText !== text.time(this.#player.time, this.#seconds)) {
      canvas.ariaValueNow = Math.floor(this.#player.time);
      canvas.ariaValueText = text.time(this.#player.time, this.#seconds);
    }

    const scale = devicePixelRatio || 1;
    const width = canvas.width = Math.round(canvas.clientWidth * scale);
    const height = canvas.height = Math.round(canvas.clientHeight * scale);
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colour = name => style.getPropertyValue(name).trim();
    const [played, ahead] = [colour("--accent"), colour("--wave")];
    const step = 3 * scale;
    for (let x = 0; x < width; x += step) {
      const peak = this.#peakBetween(x / width, (x + step) / width);
      const tall = Math.max(scale, Math.min(1, peak) * (height - 8 * scale));
      context.fillStyle = x < place * width ? played : ahead;
      context.fillRect(x, (height - tall) / 2, 2 * scale, tall);
    }
  }

  #peakBetween(from, to) {
    if (this.#peaks === null) {
      return 0;
    }

    const first = Math.floor(from * this.#peaks.length);
    const last = Math.max(first + 1, Math.floor(to * this.#peaks.length));
    return this.#peaks.subarray(first, last).reduce((most, peak) => Math.max(most, peak), 0);
  }

  #timeAt(event) {
    const box = this.#canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.#seconds;
  }

  #down(event) {
    if (event.button === 0) {
      this.box.setPointerCapture(event.pointerId);
      this.#dragFrom = { x: event.clientX, time: this.#timeAt(event), isDrag: false };
    }
  }

  #move(event) {
    const from = this.#dragFrom;
    if (from) {
      from.isDrag ||= Math.abs(event.clientX - from.x) > Shortest;
      if (from.isDrag) {
        const to = this.#timeAt(event);
        this.#onMark(Math.min(from.time, to), Math.max(from.time, to));
      }
    }
  }

  #up(event) {
    const from = this.#dragFrom;
    this.#dragFrom = null;
    if (from && !from.isDrag) {
      this.#player.seek(this.#timeAt(event));
      this.#player.play();
    }
  }

  #key(event) {
    const now = this.#player.time;
    const target = { ArrowLeft: now - Step, ArrowDown: now - Step, ArrowRight: now + Step, ArrowUp: now + Step, Home: 0, End: this.#seconds }[event.key];
    if (target !== undefined) {
      event.preventDefault();
      this.#player.seek(Math.min(this.#seconds, Math.max(0, target)));
    } else if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      this.#player.toggle();
    }
  }
}

export const timesOf = (from, to, seconds) => [from, Math.min(to, Math.floor(seconds * 10) / 10)].map(time => time.toFixed(1));
