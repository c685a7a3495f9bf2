// One field of the form: its control by its kind, its hint, and what is wrong with it.
import { text } from "./text.js";
import { make } from "./dom.js";

const long = ["prompt", "lyrics", "style_prompt", "style_lyrics"];
const withTags = ["lyrics", "style_lyrics"];
// Numbers that are a matter of feeling have a slider beside them.
const slid = ["audio_duration", "extend_duration", "style_strength", "audio2audio_strength"];

export const words = name => String(name).replaceAll("_", " ");
export const labelOf = name => text.field[name] ?? words(name);
export const choiceOf = value => text.task[value] ?? text.choice[value] ?? words(value);

// What every field has: a box in the form, and words below it where its value is refused.
export class Frame {
  #wrong;

  constructor(name, hint) {
    this.name = name;
    this.id = `field-${name}`;
    this.hint = make("p", { class: "hint", id: `${this.id}-hint` }, text.hint[name] ?? hint ?? "");
    this.#wrong = make("p", { class: "problem", id: `${this.id}-wrong` });
    this.box = make("div", { class: "field" });
    this.attributes = { id: this.id, "aria-describedby": `${this.hint.id} ${this.#wrong.id}` };
  }

  // The control, and all that stands around it.
  fill(control, ...parts) {
    this.control = control;
    this.box.append(...parts, this.#wrong);
  }

  // What is wrong with the value, in words; null where nothing is.
  set problem(words) {
    this.#wrong.textContent = words ?? "";
    if (words === null) {
      this.control.removeAttribute("aria-invalid");
    } else {
      this.control.setAttribute("aria-invalid", "true");
      this.box.closest("details")?.setAttribute("open", "");
    }
  }
}

export class Field extends Frame {
  #schema; #slide = null;

  constructor(schema) {
    super(schema.name, schema.description);
    this.#schema = schema;
    const label = make("label", { for: this.id }, labelOf(schema.name));
    if (schema.type === "boolean") {
      const control = make("input", { ...this.attributes, type: "checkbox" });
      this.box.classList.add("line");
      this.fill(control, label, this.hint, control);
    } else if (schema.enum) {
      const control = make("select", this.attributes, ...schema.enum.map(value => make("option", { value }, choiceOf(value))));
      this.fill(control, label, this.hint, control);
    } else if (long.includes(schema.name)) {
      const control = make("textarea", { ...this.attributes, rows: withTags.includes(schema.name) ? 5 : 2 });
      this.fill(control, label, this.hint, ...withTags.includes(schema.name) ? [drawTags(control), control] : [control]);
    } else if (this.isNumber) {
      const isWhole = schema.type === "integer";
      const control = make("input", { ...this.attributes, type: "number", inputmode: isWhole ? "numeric" : "decimal", step: isWhole ? 1 : "any", min: schema.minimum, max: schema.maximum });
      this.fill(control, label, this.hint, slid.includes(schema.name) ? this.#drawSlide(control) : control);
    } else {
      const control = make("input", { ...this.attributes, type: "text" });
      this.fill(control, label, this.hint, control);
    }

    this.value = this.default;
  }

  get default() { return this.#schema.default; }

  get isNumber() { return this.#schema.type === "number" || this.#schema.type === "integer"; }

  // Null where it is empty and may be, NaN where a number is meant and none is there.
  get value() {
    if (this.#schema.type === "boolean") {
      return this.control.checked;
    }

    if (this.isNumber) {
      // A field of numbers that holds none reads as empty, too.
      return this.control.value === "" ? (this.control.validity.badInput ? NaN : null) : Number(this.control.value);
    }

    return this.#schema.format === "uri" && this.control.value === "" ? null : this.control.value;
  }

  set value(value) {
    if (this.#schema.type === "boolean") {
      this.control.checked = value === true;
    } else {
      this.control.value = value ?? "";
    }

    this.#follow();
  }

  // Says what is wrong with the value by the schema, and returns whether anything is.
  check() {
    const { minimum, maximum, nullable } = this.#schema;
    const value = this.value;
    let problem = null;
    if (this.isNumber && value !== null && !(value === -1 && nullable)) {
      if (!Number.isFinite(value)) {
        problem = text.number;
      } else if (value < (minimum ?? -Infinity) || value > (maximum ?? Infinity)) {
        problem = text.range(minimum, maximum);
      }
    }

    this.problem = problem;
    return problem !== null;
  }

  // The slider is for the pointer: keyboard and screen reader have the number.
  #drawSlide(control) {
    const { minimum, maximum } = this.#schema;
    this.#slide = make("input", { type: "range", min: minimum, max: maximum, step: maximum > 1 ? 1 : 0.05, tabindex: -1, "aria-hidden": "true" });
    this.#slide.addEventListener("input", () => { control.value = this.#slide.value; });
    control.addEventListener("input", () => this.#follow());
    return make("div", { class: "row slide" }, this.#slide, control);
  }

  #follow() {
    if (this.#slide) {
      this.#slide.value = this.control.value;
    }
  }
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
