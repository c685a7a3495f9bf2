// The song in view: its progress while it is made, the song afterwards.
import { duration, text } from "./text.js";
import { byId, make } from "./dom.js";
import { cancel, local, sizeOf } from "./api.js";
import { labelOf } from "./fields.js";
import { Player } from "./player.js";
import { detailOf, nameOf } from "./songs.js";
import { drawSpectrogram } from "./spectrogram.js";
import { decode, peaksOf, timesOf, Wave } from "./wave.js";

const formats = ["wav", "flac", "mp3", "ogg"];
// Said elsewhere, or of no use to read.
const unsaid = ["task", "prompt", "audio_duration", "input_audio", "reference_audio", "seed", "output_format"];

export class Result {
  #shown = ""; #parts = null; #player = null; #actions;

  // actions: again, vary, extend, inpaint(song, from, to), remove.
  constructor(actions) {
    this.#actions = actions;
    this.clear();
  }

  clear() {
    this.#shown = "";
    this.#parts = null;
    this.#player?.stop();
    this.#player = null;
    byId("result-body").replaceChildren(make("div", { class: "nothing" }, make("p", { class: "name" }, text.nothing), make("p", { class: "hint" }, text.nothingHint)));
  }

  show(song) {
    const kind = `${song.id} ${song.status} ${song.data_removed}`;
    if (kind !== this.#shown) {
      const hadFocus = byId("result-body").contains(document.activeElement);
      this.#shown = kind;
      this.#parts = null;
      this.#player?.stop();
      this.#player = null;
      byId("result-body").replaceChildren(make("p", { class: "name" }, nameOf(song)), make("p", { class: "hint" }, detailOf(song)), ...this.#draw(song));
      if (hadFocus) {
        byId("result").focus();
      }
    }

    if (this.#parts) {
      this.#update(song);
    }
  }

  #draw(song) {
    if (song.status === "starting" || song.status === "processing") {
      return this.#drawProgress(song);
    }

    const buttons = make("div", { class: "row actions" }, this.#button(song, text.again, text.againHint, this.#actions.again));
    if (!song.song || song.data_removed) {
      const why = song.data_removed ? text.removed : song.status === "failed" ? song.error || text.status.failed : text.said[song.status];
      buttons.append(this.#removeButton(song));
      return [make("p", { class: song.status === "failed" ? "problem" : "state" }, why), buttons];
    }

    buttons.append(this.#button(song, text.vary, text.varyHint, this.#actions.vary), this.#button(song, text.extend, text.extendHint, this.#actions.extend), this.#removeButton(song));
    return [...this.#drawSound(song, buttons), drawDownloads(song), drawDetails(song)];
  }

  #button(song, label, hint, action) {
    return make("button", { type: "button", title: hint, onclick: () => action(song) }, label);
  }

  #removeButton(song) { return this.#button(song, text.remove, text.removeHint, this.#actions.remove); }

  #drawProgress(song) {
    const stage = make("span");
    const left = make("span");
    const bar = make("progress", { "aria-label": text.progressLabel, max: 1 });
    const problem = make("p", { class: "problem", role: "alert" });
    const button = make("button", { type: "button", onclick: () => cancel(song.id).catch(error => { problem.textContent = error.message; }) }, text.cancel);
    this.#parts = { stage, left, bar };
    return [bar, make("p", { class: "stage" }, stage, left), problem, make("div", { class: "row actions" }, button)];
  }

  #drawSound(song, buttons) {
    const seconds = song.song.seconds;
    const player = this.#player = new Player(local(song.song.url), seconds);
    const time = id => make("input", { type: "number", id, min: 0, max: seconds, step: "0.1" });
    const [from, to] = [time("mark-from"), time("mark-to")];
    const go = make("button", { type: "button", disabled: true, onclick: () => this.#actions.inpaint(song, Number(from.value), Number(to.value)) }, text.replaceGo);
    const check = () => {
      const isPart = from.value !== "" && to.value !== "" && Number(from.value) >= 0 && Number(to.value) > Number(from.value) && Number(to.value) <= seconds;
      go.disabled = !isPart;
      wave.mark = isPart ? [Number(from.value), Number(to.value)] : null;
    };
    const wave = new Wave(player, seconds, (start, end) => {
      [from.value, to.value] = timesOf(start, end, seconds);
      check();
    });
    player.onMove = () => wave.draw();
    from.addEventListener("input", check);
    to.addEventListener("input", check);
    const problem = make("p", { class: "hint" });
    decode(addressOf(song, "wav")).then(sound => {
      wave.peaks = peaksOf(sound);
      return drawSpectrogram(wave.spectrogram, sound);
    }).catch(() => { problem.textContent = text.waveformNone; });
    return [
      player.box, wave.box, problem, buttons,
      make("fieldset", {}, make("legend", {}, text.replace), make("p", { class: "hint" }, text.replaceHint),
        make("div", { class: "row" }, make("label", { for: from.id }, text.from), from, make("label", { for: to.id }, text.to), to, go)),
    ];
  }

  #update(song) {
    const { stage, left, bar } = this.#parts;
    const progress = song.progress;
    if (progress && progress.total > 1) {
      bar.value = progress.completed / progress.total;
    } else {
      bar.removeAttribute("value");
    }

    stage.textContent = progress
      ? text.stageLabel(text.stage[progress.stage] ?? progress.stage, progress.completed, progress.total)
      : song.queue ? text.ahead(song.queue.ahead) : text.status[song.status];
    left.textContent = progress
      ? progress.remaining == null ? "" : text.left(progress.remaining)
      : song.queue?.starts_in == null ? "" : text.begins(song.queue.starts_in);
  }
}

const addressOf = (song, format) => local(song.song.url).replace(/\.[a-z0-9]+$/, `.${format}`);

// The server encodes the other formats when they are asked for, so their sizes are looked up when somebody looks.
function drawDownloads(song) {
  const own = local(song.song.url).split(".").pop();
  const rows = formats.map(format => {
    const size = make("span", { class: "size" }, format === own ? text.size(song.song.bytes) : text.sizeOpen);
    const path = addressOf(song, format);
    const link = make("a", { href: path, download: `${song.id}.${format}` }, make("strong", {}, text.format[format]), make("span", { class: "hint" }, text.formatHint[format]), size);
    return { link, look: async () => { size.textContent = text.size(await sizeOf(path)); }, isKnown: format === own };
  });
  const box = make("details", { class: "download" }, make("summary", {}, text.download), make("ul", {}, ...rows.map(row => make("li", {}, row.link))));
  box.addEventListener("toggle", async () => {
    for (const row of rows.filter(row => !row.isKnown)) {
      await row.look().then(() => { row.isKnown = true; }, () => { });
    }
  });
  return box;
}

function drawDetails(song) {
  const said = value => value === true ? text.on : value === false ? text.off : Object.hasOwn(text.choice, value) ? text.choice[value] : value;
  const settings = Object.entries(song.input).filter(([name, value]) => !unsaid.includes(name) && value !== null && value !== "").map(([name, value]) => [labelOf(name), said(value)]);
  const took = song.metrics.predict_time;
  const rows = [[text.length, text.seconds(song.song.seconds)], [text.seed, song.song.seed], ...took == null ? [] : [[text.took, duration(took)]], ...settings];
  return make("details", {}, make("summary", {}, text.details), make("dl", {}, ...rows.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, String(value))])));
}
