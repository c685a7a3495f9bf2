// The list of songs: the server's, so that it survives the browser.
import { text } from "./text.js";
import { byId, make } from "./dom.js";
import { choiceOf } from "./fields.js";

const isOpen = song => song.status === "starting" || song.status === "processing";

export class Songs {
  #songs = new Map(); #rows = new Map(); #chosen = null; #onChoose;

  constructor(onChoose) { this.#onChoose = onChoose; }

  get(id) { return this.#songs.get(id); }

  get ids() { return [...this.#songs.keys()]; }

  get newest() { return this.#sorted()[0]; }

  // Songs that can be sources of others.
  get sources() {
    return this.#sorted().filter(song => song.song && !song.data_removed).map(song => ({ url: song.song.url, name: `${nameOf(song)} (${text.seconds(song.song.seconds)}, ${timeOf(song)})` }));
  }

  put(song) {
    const known = this.#songs.get(song.id);
    // A list that was asked for earlier does not undo what an event said since.
    if (known && !isOpen(known) && isOpen(song)) {
      return;
    }

    this.#songs.set(song.id, song);
    const row = this.#rows.get(song.id) ?? this.#add(song);
    row.name.textContent = nameOf(song);
    row.state.textContent = stateOf(song);
    row.state.className = `state ${song.status}`;
    row.detail.textContent = detailOf(song);
  }

  remove(id) {
    this.#songs.delete(id);
    this.#rows.get(id)?.item.remove();
    this.#rows.delete(id);
    byId("empty").hidden = this.#songs.size > 0;
  }

  // What a list of the newest leaves out, of those that were known when it was asked for: they were deleted while nobody told the page.
  removeMissing(known, page) {
    const listed = new Set(page.results.map(song => song.id));
    const oldest = page.next ? page.results.at(-1).created_at : "";
    const missing = known.filter(id => !listed.has(id) && this.#songs.get(id)?.created_at >= oldest);
    missing.forEach(id => this.remove(id));
    return missing;
  }

  // The one that takes a song's place in view: the next older one, or else the next newer one.
  besides(id) {
    const sorted = this.#sorted();
    const place = sorted.findIndex(song => song.id === id);
    return sorted[place + 1] ?? sorted[place - 1];
  }

  choose(id) {
    this.#rows.get(this.#chosen)?.button.removeAttribute("aria-current");
    this.#chosen = id;
    this.#rows.get(id)?.button.setAttribute("aria-current", "true");
  }

  #add(song) {
    const row = { name: make("span", { class: "name" }), state: make("span"), detail: make("small") };
    row.button = make("button", { type: "button", onclick: () => this.#onChoose(song.id) }, row.name, row.state, row.detail);
    row.item = make("li", {}, row.button);
    this.#rows.set(song.id, row);
    const after = this.#sorted().find(other => other.created_at < song.created_at && this.#rows.has(other.id));
    byId("songs").insertBefore(row.item, after ? this.#rows.get(after.id).item : null);
    byId("empty").hidden = true;
    return row;
  }

  #sorted() { return [...this.#songs.values()].sort((a, b) => a.created_at < b.created_at ? 1 : -1); }
}

// How far it has come, where that can be said.
export const shareOf = song => song.progress?.stage === "denoising" && song.progress.total > 1 ? song.progress.completed / song.progress.total : null;
export const nameOf = song => (song.input.style_prompt || song.input.prompt || text.defaultPrompt || text.untitled).slice(0, 120);
export const detailOf = song => `${choiceOf(song.input.task ?? "text2music")} · ${timeOf(song)}`;

function stateOf(song) {
  const share = shareOf(song);
  return share !== null ? text.percent(share) : isOpen(song) || !song.song ? text.status[song.status] : text.seconds(song.song.seconds);
}

function timeOf(song) {
  const created = new Date(song.created_at);
  return created.toDateString() === new Date().toDateString()
    ? text.today(created.toLocaleTimeString(undefined, { timeStyle: "short" }))
    : created.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
