// The server's API, with the token where one is asked for.
import { text } from "./text.js";

const kept = "acestep-token";
let askForToken = async () => { };

// The handler is told whether a token was refused, rather than missing.
export function onTokenNeeded(handler) { askForToken = handler; }
// A header carries only printable ASCII; what else is typed is as wrong as any wrong token.
export function useToken(token) { sessionStorage.setItem(kept, /^[ -~]*$/.test(token) ? token : ""); }

export class ApiError extends Error {
  constructor(status, message, fields) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

async function ask(path, options = {}) {
  for (;;) {
    const headers = new Headers(options.headers);
    const token = sessionStorage.getItem(kept);
    if (token) {
      headers.set("Authorization", `Bearer ${token}`);
    }

    const response = await fetch(path, { ...options, headers }).catch(() => { throw new ApiError(0, text.unreachable); });
    if (response.status === 401) {
      // Another request may have brought a new one since.
      if (token === sessionStorage.getItem(kept)) {
        await askForToken(token !== null);
      }

      continue;
    }

    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw new ApiError(response.status, problem.detail || problem.title || text.error(response.status), problem.invalid_fields || []);
    }

    return response;
  }
}

const json = async (path, options) => (await ask(path, options)).json();

// Addresses of lists are absolute; the page asks the server it came from.
export const local = address => { const url = new URL(address, location.href); return url.pathname + url.search; };

export const getSchema = () => json("/openapi.json");
export const getHealth = () => json("/health-check");
export const getModel = async () => { const [model] = (await json("/v1/models")).results; return `${model.owner}/${model.name}`; };
export const getSongs = next => json(next ? local(next) : "/v1/predictions");
export const getSong = id => json(`/v1/predictions/${encodeURIComponent(id)}?output=url`);
export const cancel = id => json(`/v1/predictions/${encodeURIComponent(id)}/cancel?output=url`, { method: "POST" });
export const remove = id => ask(`/v1/predictions/${encodeURIComponent(id)}`, { method: "DELETE" });
export const create = (model, input) => json(`/v1/models/${model}/predictions`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ input }),
});

// The size of a file of the server's, in bytes.
export async function sizeOf(path) {
  const response = await fetch(path, { method: "HEAD" });
  if (!response.ok) {
    throw new ApiError(response.status, text.error(response.status));
  }

  return Number(response.headers.get("Content-Length"));
}

export function upload(file) {
  const form = new FormData();
  form.append("content", file, file.name);
  return json("/v1/files", { method: "POST", body: form });
}

// EventSource cannot send a token, so the stream is read by hand.
export async function watch(onOpen, onSong, onDeleted, onGone) {
  for (;;) {
    try {
      const response = await ask("/v1/events", { headers: { Accept: "text/event-stream" } });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      await onOpen();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) {
          break;
        }

        rest += value.replaceAll("\r", "");
        const events = rest.split("\n\n");
        rest = events.pop();
        for (const event of events) {
          const data = event.split("\n").filter(line => line.startsWith("data:")).map(line => line.slice(5).replace(/^ /, "")).join("\n");
          if (data && /^event: ?prediction$/m.test(event)) {
            onSong(JSON.parse(data));
          } else if (data && /^event: ?deleted$/m.test(event)) {
            onDeleted(JSON.parse(data).id);
          }
        }
      }
    } catch (error) {
      console.warn(error);
    }

    onGone();
    await new Promise(resolve => setTimeout(resolve, 2000));
  }
}
