// The page: puts form, list and song together.
import { text } from "./text.js";
import { byId } from "./dom.js";
import { create, getHealth, getModel, getSchema, getSong, getSongs, onTokenNeeded, remove, useToken, watch } from "./api.js";
import { Form } from "./form.js";
import { Result } from "./result.js";
import { nameOf, shareOf, Songs } from "./songs.js";

for (const element of document.querySelectorAll("[data-text]")) {
  element.textContent = text[element.dataset.text];
}

let form, model, chosen = null, older = null, isNewest = true;
const songs = new Songs(id => { choose(id); reveal(); });
const result = new Result({
  again: song => start({ ...settingsOf(song), seed: null }),
  vary: song => vary(song),
  extend: song => edit(song, { task: "continuation", continuation_mode: "extend_end", extend_duration: Math.min(30, Math.max(5, Math.round(song.song.seconds / 2))) }),
  inpaint: (song, from, to) => edit(song, { task: "inpainting", inpaint_start_time: from, inpaint_end_time: to }),
  remove: song => askToRemove(song),
});

// One question for the token, however many requests wait for it.
let asked = null;
onTokenNeeded(wasRefused => asked ??= new Promise(resolve => {
  const field = byId("token");
  field.hidden = false;
  byId("token-problem").textContent = wasRefused ? text.tokenWrong : "";
  byId("token-text").focus();
  field.addEventListener("submit", event => {
    event.preventDefault();
    useToken(byId("token-text").value.trim());
    byId("token-text").value = "";
    field.hidden = true;
    asked = null;
    resolve();
  }, { once: true });
}));

const say = words => { byId("live").textContent = words; };

// A tab in the background tells how far the song is.
function showTitle(song) {
  const share = shareOf(song);
  document.title = `${share !== null ? text.percent(share) : song.status === "succeeded" ? nameOf(song) : text.status[song.status]} · AceStep`;
}

// The seed that was drawn is no setting of the form's.
const settingsOf = song => {
  const { seed, variation_seed: variation, ...settings } = song.input;
  return settings;
};

// Another take: from the song's own seed, a little elsewhere. Songs made from others are drawn anew from their source.
function vary(song) {
  const isPlain = (song.input.task ?? "text2music") === "text2music";
  start(isPlain ? { ...settingsOf(song), seed: song.song.seed, variation_strength: 0.3 } : settingsOf(song));
}

// The song becomes the source of another, with its own words; the form shows the settings, and the song is made at once.
function edit(song, changes) {
  const { variation_strength: strength, ...settings } = settingsOf(song);
  start({ ...settings, input_audio: song.song.url, ...changes });
}

function start(input) {
  form.fill(input);
  return submit();
}

// A second press while the first is on its way makes no second song. The button keeps the focus, so it is not disabled.
let isSending = false;
async function submit() {
  const input = isSending ? null : form.read();
  if (!input) {
    return;
  }

  isSending = true;
  try {
    const song = await create(model, input);
    songs.put(song);
    choose(song.id);
    reveal();
    say(text.said.starting);
    refreshPlace();
  } catch (error) {
    form.refuse(error);
  } finally {
    isSending = false;
  }
}

function choose(id) {
  chosen = id;
  songs.choose(id);
  show(id);
  if (location.pathname !== `/p/${id}`) {
    history.replaceState(null, "", `/p/${id}`);
  }
}

function show(id) {
  result.show(songs.get(id));
  showTitle(songs.get(id));
}

// On a phone, form and list are a long way from the song.
function reveal() {
  const box = byId("result").getBoundingClientRect();
  if (box.top < 0 || box.top > innerHeight / 2) {
    byId("result").scrollIntoView();
  }
}

function note(song) {
  const before = songs.get(song.id);
  songs.put(song);
  if (song.id === chosen) {
    show(song.id);
    if (before && before.status !== song.status) {
      say(text.said[song.status]);
    }
  }

  if (form && before?.status !== song.status) {
    form.songs = songs.sources;
    healthIsOld();
  }
}

// Nothing brings a song back, so the question comes before.
function askToRemove(song) {
  const box = byId("remove");
  box.dataset.id = song.id;
  byId("remove-title").textContent = text.removeTitle(nameOf(song));
  byId("remove-problem").textContent = "";
  box.showModal();
}

async function removeAsked() {
  const id = byId("remove").dataset.id;
  try {
    // Somebody else may have been quicker.
    await remove(id).catch(error => { if (error.status !== 404) { throw error; } });
    byId("remove").close();
    forget(id);
    byId("result").focus();
  } catch (error) {
    byId("remove-problem").textContent = error.message;
  }
}

function forget(id) {
  if (!songs.get(id)) {
    return;
  }

  const next = songs.besides(id);
  songs.remove(id);
  form.songs = songs.sources;
  healthIsOld();
  if (id === chosen) {
    say(text.said.deleted);
    showInstead(next);
  }
}

function showInstead(song) {
  if (song) {
    choose(song.id);
    return;
  }

  chosen = null;
  result.clear();
  document.title = "AceStep";
  history.replaceState(null, "", "/");
}

// Places in the queue are in no event: they change with others' songs.
async function refreshPlace() {
  if (chosen && songs.get(chosen)?.status === "starting") {
    await getSong(chosen).then(note, () => { });
  }
}

async function load(next) {
  const known = songs.ids;
  const page = await getSongs(next);
  page.results.forEach(note);
  if (!next && songs.removeMissing(known, page).includes(chosen)) {
    showInstead(songs.newest);
  }

  if (next || isNewest) {
    older = page.next;
    isNewest = false;
    byId("more").hidden = !older;
  }

  form.songs = songs.sources;
}

async function showHealth() {
  const { status } = await getHealth().catch(() => ({ status: "gone" }));
  const health = byId("health");
  // Said once, not every time that it is looked up.
  if (health.dataset.status !== status) {
    health.dataset.status = status;
    health.textContent = text.health[status] ?? status;
  }
}

// Many songs at once, as in a list, are one reason to look.
let looking = 0;
function healthIsOld() {
  clearTimeout(looking);
  looking = setTimeout(showHealth, 200);
}

async function begin() {
  showHealth();
  setInterval(showHealth, 5000);
  setInterval(refreshPlace, 3000);
  // The form comes with the token, where one is asked for.
  let schema;
  [schema, model] = await Promise.all([getSchema(), getModel()]);
  text.defaultPrompt = schema.components.schemas.Input.properties.prompt?.default;
  form = new Form(schema);
  document.querySelector("main").hidden = false;
  byId("make").addEventListener("submit", event => { event.preventDefault(); submit(); });
  byId("reset").addEventListener("click", () => form.fill({}));
  byId("remove-go").addEventListener("click", removeAsked);
  byId("remove-not").addEventListener("click", () => byId("remove").close());
  byId("more").addEventListener("click", () => load(older));
  const named = location.pathname.match(/^\/p\/([^/]+)$/)?.[1];
  watch(async () => {
    await load();
    if (!chosen) {
      if (named && !songs.get(named)) {
        await getSong(named).then(note, () => { });
      }

      const first = songs.get(named) ?? songs.newest;
      if (first) {
        choose(first.id);
      }
    }
  }, note, forget, showHealth);
}

// A file that misses its place is not shown instead of the page.
for (const event of ["dragover", "drop"]) {
  addEventListener(event, dropped => dropped.preventDefault());
}

begin().catch(error => { byId("fault").textContent = error.message; });
