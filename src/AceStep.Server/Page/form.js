// The form, drawn from the deployment's input schema: a field that the server adds appears here by itself.
import { text } from "./text.js";
import { byId, make } from "./dom.js";
import { Field } from "./fields.js";
import { Source } from "./source.js";

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
const inTasks = new Set(Object.values(ofTask).flat());
// A continuation that adds nothing: it makes a part anew, and so asks for its times.
const betweenTimes = { continuation_mode: "inpaint_middle", hidden: "extend_duration", shown: ofTask.inpainting };
// The page has other words for these: see inWordsOfThePage.
const unused = ["generate_accompaniment", "reference_audio"];

export class Form {
  #fields = new Map();

  constructor(document) {
    const schemas = document.components.schemas;
    const fields = Object.entries(schemas.Input.properties)
      .map(([name, field]) => {
        const reference = field.allOf?.[0]?.$ref?.split("/").pop();
        return { ...(reference ? schemas[reference] : {}), description: "", ...field, name };
      })
      .filter(field => !unused.includes(field.name))
      .sort((a, b) => a["x-order"] - b["x-order"]);
    const common = make("div", { class: "common" });
    const more = make("div", { class: "more" });
    for (const schema of fields) {
      const field = schema.name === source ? new Source(schema) : new Field(schema);
      this.#fields.set(schema.name, field);
      const isCommon = ["task", "prompt", "lyrics"].includes(schema.name) || inTasks.has(schema.name);
      (isCommon ? common : more).append(field.box);
      if (!isCommon) {
        field.box.classList.add("line");
      }
    }

    byId("fields").replaceChildren(common, make("details", {}, make("summary", {}, text.advanced), more));
    for (const name of ["task", "continuation_mode"]) {
      this.#fields.get(name)?.control.addEventListener("change", () => this.#showTask());
    }

    this.#showTask();
  }

  get task() { return this.#fields.get("task")?.value ?? plain; }

  // What differs from the defaults. Null where something is wrong, which is then said at its field.
  read() {
    const shown = [...this.#fields.values()].filter(field => !field.box.hidden);
    const wrong = shown.filter(field => field.check());
    byId("problem").textContent = "";
    if (wrong.length > 0) {
      wrong[0].control.focus();
      return null;
    }

    return Object.fromEntries(shown.map(field => [field.name, field.value, field.default]).filter(([, value, usual]) => value !== null && value !== usual).map(([name, value]) => [name, value]));
  }

  // Puts a song's inputs into the form, the defaults elsewhere.
  fill(input) {
    const settings = inWordsOfThePage(input);
    for (const field of this.#fields.values()) {
      field.value = settings[field.name] ?? field.default;
      field.problem = null;
    }

    byId("problem").textContent = "";
    this.#showTask();
  }

  // Says what the server says: at the fields that it names, the rest above the button.
  refuse(error) {
    const rest = [];
    for (const { field: path, description } of error.fields ?? []) {
      const field = this.#fields.get(path.replace(/^input\./, ""));
      if (field && !field.box.hidden) {
        field.problem = description;
      } else {
        rest.push(`${path}: ${description}`);
      }
    }

    byId("problem").textContent = error.fields?.length > 0 ? rest.join("\n") : error.message;
    byId("fields").querySelector("[aria-invalid=true]")?.focus();
  }

  // The songs that can be a source.
  set songs(songs) {
    const field = this.#fields.get(source);
    if (field) {
      field.songs = songs;
    }
  }

  #showTask() {
    const shown = new Set(ofTask[this.task] ?? inTasks);
    if (this.task === "continuation" && this.#fields.get("continuation_mode")?.value === betweenTimes.continuation_mode) {
      shown.delete(betweenTimes.hidden);
      betweenTimes.shown.forEach(name => shown.add(name));
    }

    for (const field of this.#fields.values()) {
      field.box.hidden = inTasks.has(field.name) && !shown.has(field.name);
    }
  }
}

function inWordsOfThePage({ generate_accompaniment: accompanies, reference_audio: reference, ...settings }) {
  return { ...settings, ...accompanies ? { task: "vocal_accompaniment" } : {}, input_audio: settings.input_audio ?? reference };
}
