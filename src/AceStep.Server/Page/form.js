// The form, drawn from the deployment's input schema: a field that the server adds appears here by itself.
import { text } from "./text.js";
import { byId, make } from "./dom.js";
import { upload } from "./api.js";

const plain = "text2music";
const source = "input_audio";
// Shown with their tasks, and nowhere else.
const ofTask = {
  text2music: ["audio_duration"],
  audio2audio: [source, "audio2audio_strength"],
  continuation: [source, "continuation_mode", "extend_duration"],
  inpainting: [source, "inpaint_start_time", "inpaint_end_time"],
  style_transfer: [source, "style_prompt", "style_lyrics", "style_strength"],
  vocal_accompaniment: [source, "accompaniment_style", "preserve_vocals", "audio2audio_strength"],
};
// Tasks and input_audio say the same.
const unused = ["generate_accompaniment", "reference_audio"];
const long = ["prompt", "lyrics", "style_prompt", "style_lyrics"];
const withTags = ["lyrics", "style_lyrics"];

export class Form {
  #fields = new Map(); #files = []; #songs = [];

  constructor(document) {
    const schemas = document.components.schemas;
    const fields = Object.entries(schemas.Input.properties)
      .map(([name, field]) => {
        const reference = field.allOf?.[0]?.$ref?.split("/").pop();
        return { name, ...(reference ? schemas[reference] : {}), ...field };
      })
      .filter(field => !unused.includes(field.name))
      .sort((a, b) => a["x-order"] - b["x-order"]);
    const inTasks = new Set(Object.values(ofTask).flat());
    const common = make("div");
    const more = make("div");
    for (const field of fields) {
      const isCommon = ["task", "prompt", "lyrics"].includes(field.name) || inTasks.has(field.name);
      (isCommon ? common : more).append(this.#draw(field));
    }

    byId("fields").replaceChildren(common, make("details", {}, make("summary", {}, text.advanced), more));
    this.#fields.get("task")?.control.addEventListener("change", () => this.#showTask());
    this.#showTask();
  }

  get task() { return this.#fields.get("task")?.control.value ?? plain; }

  // What differs from the defaults, checked against the schema. Null where something is wrong, which is then said.
  read() {
    const input = {};
    const problems = [];
    for (const field of this.#fields.values()) {
      field.control.removeAttribute("aria-invalid");
      if (field.box.hidden) {
        continue;
      }

      const value = valueOf(field);
      const name = labelOf(field.name);
      let problem = null;
      if (field.name === source && !value) {
        problem = text.required;
      } else if (isNumber(field) && value !== null && !Number.isFinite(value)) {
        problem = text.number(name);
      } else if (isNumber(field) && value !== null && !(value === -1 && field.nullable) && (value < (field.minimum ?? -Infinity) || value > (field.maximum ?? Infinity))) {
        problem = text.range(name, field.minimum ?? "−∞", field.maximum ?? "∞");
      }

      if (problem) {
        problems.push(problem);
        this.#markWrong(field);
      } else if (value !== null && value !== field.default) {
        input[field.name] = value;
      }
    }

    byId("problem").textContent = problems.join("\n");
    if (problems.length > 0) {
      this.#focusWrong();
      return null;
    }

    return input;
  }

  // Puts a song's inputs into the form, the defaults elsewhere.
  fill(input) {
    for (const field of this.#fields.values()) {
      const value = input[field.name] ?? field.default;
      if (field.name === source) {
        this.#chooseSource(value ?? "");
      } else if (field.type === "boolean") {
        field.control.checked = value === true;
      } else {
        field.control.value = value ?? "";
      }

      field.control.removeAttribute("aria-invalid");
    }

    byId("problem").textContent = "";
    this.#showTask();
  }

  // Says what the server says, at the fields it names.
  refuse(error) {
    byId("problem").textContent = error.message;
    for (const wrong of error.fields ?? []) {
      const field = this.#fields.get(wrong.field.replace(/^input\./, ""));
      if (field) {
        this.#markWrong(field);
      }
    }

    this.#focusWrong();
  }

  // The songs that can be a source.
  set songs(songs) {
    this.#songs = songs;
    this.#listSources();
  }

  #draw(field) {
    const id = `field-${field.name}`;
    const hint = make("p", { class: "hint", id: `${id}-hint` }, field.description ?? "");
    const attributes = { id, "aria-describedby": hint.id };
    const label = make("label", { for: id }, labelOf(field.name));
    const box = make("div", { class: "field" });
    let control;
    if (field.name === source) {
      control = make("select", attributes);
      box.append(...this.#drawSource(control, hint));
    } else if (field.enum) {
      control = make("select", attributes, ...field.enum.map(value => make("option", { value, selected: value === field.default }, (field.name === "task" ? text.task[value] : null) ?? words(value))));
      box.append(label, hint, control);
    } else if (field.type === "boolean") {
      control = make("input", { ...attributes, type: "checkbox", checked: field.default === true });
      label.prepend(control);
      box.classList.add("flag");
      box.append(label, hint);
    } else if (long.includes(field.name)) {
      control = make("textarea", { ...attributes, rows: withTags.includes(field.name) ? 5 : 2 });
      control.value = field.default ?? "";
      box.append(label, hint, control);
      if (withTags.includes(field.name)) {
        box.append(drawTags(control));
      }
    } else {
      const isWhole = field.type === "integer";
      control = make("input", isNumber(field)
        ? { ...attributes, type: "number", inputmode: isWhole ? "numeric" : "decimal", step: isWhole ? 1 : "any", min: field.minimum, max: field.maximum }
        : { ...attributes, type: "text" });
      control.value = field.default ?? "";
      box.append(label, hint, control);
    }

    this.#fields.set(field.name, { ...field, control, box });
    return box;
  }

  #drawSource(select, hint) {
    const file = make("input", { type: "file", accept: "audio/*,.wav,.flac,.mp3,.ogg,.opus,.aiff", id: "source-file", "aria-describedby": hint.id });
    const said = make("p", { class: "hint", role: "status" });
    const drop = make("div", { class: "drop" }, make("label", { for: "source-file" }, text.sourceFile), make("br"), file, said);
    const take = async chosen => {
      if (!chosen) {
        return;
      }

      try {
        said.textContent = text.uploading(chosen.name);
        const stored = await upload(chosen);
        said.textContent = text.uploaded(chosen.name);
        this.#files.push({ url: stored.urls.get, name: chosen.name });
        this.#chooseSource(stored.urls.get);
      } catch (error) {
        said.textContent = error.message;
      }
    };
    file.addEventListener("change", () => take(file.files[0]));
    drop.addEventListener("dragover", event => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", event => {
      event.preventDefault();
      drop.classList.remove("over");
      take(event.dataTransfer.files[0]);
    });
    select.append(make("option", { value: "" }, text.sourceNone));
    return [make("span", { class: "label" }, labelOf(source)), hint, drop, make("label", { for: select.id }, text.sourceSong), select];
  }

  #chooseSource(url) {
    const select = this.#fields.get(source)?.control;
    if (select) {
      if (url && ![...this.#files, ...this.#songs].some(known => known.url === url)) {
        this.#files.push({ url, name: url.startsWith("data:") ? "data:" : decodeURIComponent(url.split("/").pop()) });
      }

      this.#listSources();
      select.value = url;
    }
  }

  #listSources() {
    const select = this.#fields.get(source)?.control;
    if (select) {
      const chosen = select.value;
      select.replaceChildren(
        make("option", { value: "" }, text.sourceNone),
        ...this.#files.map(file => make("option", { value: file.url }, text.uploadedOption(file.name))),
        ...this.#songs.map(song => make("option", { value: song.url }, song.name)));
      select.value = chosen;
    }
  }

  #showTask() {
    const shown = ofTask[this.task] ?? Object.values(ofTask).flat();
    const all = new Set(Object.values(ofTask).flat());
    for (const field of this.#fields.values()) {
      field.box.hidden = all.has(field.name) && !shown.includes(field.name);
    }
  }

  #markWrong(field) {
    field.control.setAttribute("aria-invalid", "true");
    field.box.closest("details")?.setAttribute("open", "");
  }

  #focusWrong() {
    byId("fields").querySelector("[aria-invalid=true]")?.focus();
  }
}

const isNumber = field => field.type === "number" || field.type === "integer";
const labelOf = name => text.field[name] ?? words(name);
const words = name => String(name).replaceAll("_", " ");

function valueOf(field) {
  if (field.type === "boolean") {
    return field.control.checked;
  }

  if (isNumber(field)) {
    // A field of numbers that holds none reads as empty, too.
    return field.control.value === "" ? (field.control.validity.badInput ? NaN : null) : Number(field.control.value);
  }

  return field.format === "uri" && field.control.value === "" ? null : field.control.value;
}

function drawTags(control) {
  return make("div", { class: "row tags", role: "group", "aria-label": text.tagsLabel }, ...text.tags.map(tag => make("button", {
    type: "button",
    onclick: () => {
      const before = control.value.slice(0, control.selectionStart);
      const line = before === "" || before.endsWith("\n") ? "" : "\n";
      control.setRangeText(`${line}[${tag}]\n`, control.selectionStart, control.selectionEnd, "end");
      control.focus();
    },
  }, `[${tag}]`)));
}
