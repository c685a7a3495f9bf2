// The waveform of a song: click to play from there, drag to mark a part.
const Shortest = 4;

export async function decode(path) {
  const response = await fetch(path);
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
  #canvas; #audio; #seconds; #peaks = null; #onMark; #mark = null; #dragFrom = null;

  constructor(canvas, audio, seconds, onMark) {
    this.#canvas = canvas;
    this.#audio = audio;
    this.#seconds = seconds;
    this.#onMark = onMark;
    canvas.addEventListener("pointerdown", event => this.#down(event));
    canvas.addEventListener("pointermove", event => this.#move(event));
    canvas.addEventListener("pointerup", event => this.#up(event));
    canvas.addEventListener("pointercancel", () => { this.#dragFrom = null; });
    new ResizeObserver(() => this.draw()).observe(canvas);
    audio.addEventListener("timeupdate", () => this.draw());
    audio.addEventListener("seeked", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  set peaks(value) { this.#peaks = value; this.draw(); }
  set mark(value) { this.#mark = value; this.draw(); }

  draw() {
    const canvas = this.#canvas;
    if (!canvas.isConnected || canvas.clientWidth === 0) {
      return;
    }

    const scale = devicePixelRatio || 1;
    const width = canvas.width = Math.round(canvas.clientWidth * scale);
    const height = canvas.height = Math.round(canvas.clientHeight * scale);
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colour = name => style.getPropertyValue(name).trim();
    if (this.#mark) {
      const [from, to] = this.#mark.map(time => time / this.#seconds * width);
      context.fillStyle = colour("--mark");
      context.fillRect(from, 0, to - from, height);
      context.fillStyle = colour("--mark-edge");
      context.fillRect(from, 0, scale * 2, height);
      context.fillRect(to - scale * 2, 0, scale * 2, height);
    }

    if (this.#peaks) {
      context.fillStyle = colour("--wave");
      const step = 3 * scale;
      for (let x = 0; x < width; x += step) {
        const first = Math.floor(x / width * this.#peaks.length);
        const last = Math.max(first + 1, Math.floor((x + step) / width * this.#peaks.length));
        let peak = 0;
        for (let i = first; i < last && i < this.#peaks.length; i++) {
          peak = Math.max(peak, this.#peaks[i]);
        }

        const tall = Math.max(scale, Math.min(1, peak) * (height - 4 * scale));
        context.fillRect(x, (height - tall) / 2, 2 * scale, tall);
      }
    }

    context.fillStyle = colour("--head");
    context.fillRect(this.#audio.currentTime / this.#seconds * width, 0, scale * 1.5, height);
  }

  #timeAt(event) {
    const box = this.#canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.#seconds;
  }

  #down(event) {
    if (event.button !== 0) {
      return;
    }

    this.#canvas.setPointerCapture(event.pointerId);
    this.#dragFrom = { x: event.clientX, time: this.#timeAt(event), isDrag: false };
  }

  #move(event) {
    const from = this.#dragFrom;
    if (!from) {
      return;
    }

    from.isDrag ||= Math.abs(event.clientX - from.x) > Shortest;
    if (from.isDrag) {
      const to = this.#timeAt(event);
      this.mark = [Math.min(from.time, to), Math.max(from.time, to)];
      this.#onMark(...this.#mark);
    }
  }

  #up(event) {
    const from = this.#dragFrom;
    this.#dragFrom = null;
    if (from && !from.isDrag) {
      this.#audio.currentTime = this.#timeAt(event);
      this.#audio.play().catch(() => { });
    }
  }
}
