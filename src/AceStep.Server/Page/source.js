// The source of a song: a file that is dropped or chosen, or a song of the list.
import { text } from "./text.js";
import { make } from "./dom.js";
import { upload } from "./api.js";
import { Frame, labelOf } from "./fields.js";

export class Source extends Frame {
  #files = []; #songs = []; #said;

  constructor(schema) {
    super(schema.name, schema.description);
    const select = make("select", { ...this.attributes });
    this.#said = make("p", { class: "hint", role: "status" });
    this.fill(select, make("span", { class: "label" }, labelOf(schema.name)), this.hint, this.#drawDrop(), make("label", { for: this.id, class: "minor" }, text.sourceSong), select);
    this.#list("");
  }

  get default() { return null; }

  get value() { return this.control.value || null; }

  set value(address) {
    if (address && ![...this.#files, ...this.#songs].some(known => known.url === address)) {
      this.#files.push({ url: address, name: address.startsWith("data:") ? text.sourceAddress : address.split("/").pop() });
    }

    this.#said.textContent = "";
    this.#list(address ?? "");
  }

  // The songs that can be chosen.
  set songs(songs) {
    this.#songs = songs;
    this.#list(this.control.value);
  }

  check() {
    this.problem = this.value === null ? text.required : null;
    return this.value === null;
  }

  // Sends a file to the server and makes it the source.
  async take(file) {
    this.problem = null;
    this.#said.textContent = text.uploading(file.name);
    try {
      const stored = await upload(file);
      this.#files.unshift({ url: stored.urls.get, name: file.name });
      this.value = stored.urls.get;
      this.#said.textContent = text.uploaded(file.name);
    } catch (error) {
      this.#said.textContent = "";
      this.problem = error.message;
    }
  }

  #drawDrop() {
    const file = make("input", { type: "file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.opus,.aiff,.au,.caf,.w64", id: "source-file", class: "unseen" });
    file.addEventListener("change", () => {
      if (file.files.length > 0) {
        this.take(file.files[0]);
      }

      // The same file can be chosen again.
      file.value = "";
    });
    const drop = make("div", { class: "drop" }, make("p", { class: "row" }, text.sourceDrop, file, make("label", { for: file.id, class: "button" }, text.sourceFile)), this.#said);
    drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", event => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files.length > 0) {
        this.take(event.dataTransfer.files[0]);
      }
    });
    return drop;
  }

  #list(chosen) {
    const group = (label, sources) => sources.length === 0 ? null : make("optgroup", { label }, ...sources.map(({ url, name }) => make("option", { value: url }, name)));
    this.control.replaceChildren(...[make("option", { value: "" }, text.sourceNone), group(text.sourceFiles, this.#files), group(text.sourceSongs, this.#songs)].filter(part => part !== null));
    this.control.value = chosen;
  }
}
