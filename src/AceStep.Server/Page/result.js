// The song in view: its progress while it is made, the song afterwards.
import { duration, text } from "./text.js";
import { byId, make } from "./dom.js";
import { cancel, local } from "./api.js";
import { nameOf } from "./songs.js";
import { drawSpectrogram } from "./spectrogram.js";
import { decode, peaksOf, Wave } from "./wave.js";

const formats = ["wav", "flac", "mp3", "ogg"];

export class Result {
  #shown = ""; #parts = null; #actions;

  // actions: again, vary, extend, inpaint(song, from, to).
  constructor(actions) {
    this.#actions = actions;
    byId("result-body").replaceChildren(make("p", { class: "hint" }, text.nothing));
  }

  show(song) {
    const kind = `${song.id} ${song.status} ${song.data_removed}`;
    if (kind !== this.#shown) {
      const hadFocus = byId("result-body").contains(document.activeElement);
      this.#shown = kind;
      this.#parts = null;
      byId("result-body").querySelector("audio")?.pause();
      byId("result-body").replaceChildren(...this.#draw(song));
      if (hadFocus) {
        byId("result").focus();
      }
    }

    if (this.#parts) {
      this.#update(song);
    }
  }

  #draw(song) {
    const name = make("p", { class: "label" }, nameOf(song));
    if (song.status === "starting" || song.status === "processing") {
      const line = make("p", { class: "hint" });
      const bar = make("progress", { "aria-label": text.progressLabel, max: 1 });
      const button = make("button", {
        type: "button",
        onclick: async () => {
          button.disabled = true;
          await cancel(song.id).catch(error => { line.textContent = error.message; button.disabled = false; });
        },
      }, text.cancel);
      this.#parts = { line, bar };
      return [name, bar, line, make("div", { class: "row" }, button)];
    }

    const again = make("button", { type: "button", title: text.againHint, onclick: () => this.#actions.again(song) }, text.again);
    if (!song.song || song.data_removed) {
      const why = song.data_removed ? text.removed : song.status === "failed" ? song.error || text.status.failed : text.status[song.status];
      return [name, make("p", { class: song.status === "failed" ? "problem" : "hint" }, why), make("div", { class: "row" }, again)];
    }

    return [name, ...this.#drawSong(song, again)];
  }

  #drawSong(song, again) {
    const path = local(song.song.url);
    const inFormat = format => path.replace(/\.[a-z0-9]+$/, `.${format}`);
    const audio = make("audio", { controls: true, preload: "metadata", src: path, "aria-label": text.player });
    const seconds = song.song.seconds;
    const from = make("input", { type: "number", id: "mark-from", min: 0, max: seconds, step: "0.1" });
    const to = make("input", { type: "number", id: "mark-to", min: 0, max: seconds, step: "0.1" });
    const go = make("button", { type: "button", disabled: true, onclick: () => this.#actions.inpaint(song, Number(from.value), Number(to.value)) }, text.inpaintGo);
    const check = () => { go.disabled = from.value === "" || to.value === "" || !(Number(from.value) >= 0 && Number(to.value) > Number(from.value) && Number(to.value) <= seconds); };
    const canvas = make("canvas", { role: "img", "aria-label": text.waveform });
    const wave = new Wave(canvas, audio, seconds, (start, end) => {
      from.value = start.toFixed(1);
      to.value = Math.min(end, Math.floor(seconds * 10) / 10).toFixed(1);
      check();
    });
    const typed = () => {
      check();
      wave.mark = go.disabled ? null : [Number(from.value), Number(to.value)];
    };
    from.addEventListener("input", typed);
    to.addEventListener("input", typed);
    const hint = make("p", { class: "hint" }, text.waveformHint);
    const spectrogram = make("canvas", { role: "img", "aria-label": text.spectrogram, class: "spectrogram" });
    decode(inFormat("wav")).then(sound => {
      wave.peaks = peaksOf(sound);
      return drawSpectrogram(spectrogram, sound);
    }).catch(() => { hint.textContent = text.waveformNone; });
    const button = (label, action) => make("button", { type: "button", onclick: () => action(song) }, label);
    const details = [[text.seed, song.song.seed], [text.length, duration(seconds)], [text.prompt, song.input.prompt], [text.lyrics, song.input.lyrics]].filter(([, value]) => value != null && value !== "");
    return [
      audio,
      make("div", { class: "wave" }, canvas, spectrogram),
      hint,
      make("div", { class: "row" }, again, button(text.vary, this.#actions.vary), button(text.extend, this.#actions.extend)),
      make("fieldset", {}, make("legend", {}, text.inpaint),
        make("div", { class: "row" }, make("label", { for: from.id }, text.from), from, make("label", { for: to.id }, text.to), to, go)),
      make("dl", {}, ...details.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, String(value))])),
      make("div", { class: "row", role: "group", "aria-label": text.download }, make("span", { class: "hint" }, text.download),
        ...formats.map(format => make("a", { class: "button", href: inFormat(format), download: `${song.id}.${format}` }, format.toUpperCase()))),
    ];
  }

  #update(song) {
    const { line, bar } = this.#parts;
    const progress = song.progress;
    if (progress && progress.total > 0) {
      bar.value = progress.completed / progress.total;
    } else {
      bar.removeAttribute("value");
    }

    line.textContent = progress
      ? text.progress(text.stage[progress.stage] ?? progress.stage, progress.completed, progress.total, progress.remaining)
      : song.queue ? text.ahead(song.queue.ahead, song.queue.starts_in) : text.status[song.status];
  }
}
