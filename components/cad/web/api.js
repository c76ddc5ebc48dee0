/** What the page asks of the service. Addresses are relative, so that it may lie behind a prefix. */

/** The service's answer that something is wrong (RFC 9457), or that there was none. */
export class Problem extends Error {
  /**
   * @param {{title?: string, detail?: string, code?: string}} told
   * @param {number} status 0 where no answer came.
   * @param {number} wait Seconds after which to try again, or 0.
   */
  constructor(told, status, wait = 0) {
    super(told.title || `The service answered ${status}`);
    Object.assign(this, { detail: told.detail ?? "", code: told.code ?? "", status, wait });
  }

  /** Whether the same request may succeed later. */
  get passing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

const UNREACHABLE = {
  title: "The service cannot be reached",
  detail: "Nothing is lost: check the connection, then try again.",
  code: "unreachable",
};
const SLOW = { title: "The service has not answered in time", detail: "Nothing is lost: try again.", code: "timeout" };
const TIMEOUT = 60_000; // milliseconds

/**
 * Connect to the service.
 *
 * @param {() => Promise<string|null>} askToken Called where the service wants one; null gives up.
 */
export function connect(askToken) {
  let token = null;

  async function authorised(send) {
    try {
      return await send(token);
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      const given = await askToken();
      if (given === null) throw problem;
      token = given;
      return send(token);
    }
  }

  return {
    get: (path) => authorised((bearer) => request("GET", path, { bearer })),
    post: (path, value) =>
      authorised((bearer) => request("POST", path, { bearer, body: JSON.stringify(value), type: "application/json" })),
    /** Photos and patient in, the answer out; `sent` is told the share that has gone out. */
    predict: (form, { sent, signal }) =>
      authorised((bearer) => request("POST", "v1/predict?heatmaps=true", { bearer, body: form, sent, signal })),
  };
}

// XMLHttpRequest, for fetch does not say how much of a body has gone out.
function request(method, path, { bearer, body, type, sent, signal }) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open(method, path);
    asked.timeout = TIMEOUT;
    asked.setRequestHeader("Accept", "application/json");
    if (type) asked.setRequestHeader("Content-Type", type);
    if (bearer) asked.setRequestHeader("Authorization", `Bearer ${bearer}`);
    asked.onload = () => (asked.status < 300 ? resolve(json(asked)) : reject(problem(asked)));
    asked.onerror = () => reject(new Problem(UNREACHABLE, 0));
    asked.ontimeout = () => reject(new Problem(SLOW, 0));
    asked.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    if (sent) asked.upload.onprogress = (event) => event.lengthComputable && sent(event.loaded / event.total);
    signal?.addEventListener("abort", () => asked.abort());
    asked.send(body);
  });
}

function json(answered) {
  try {
    return JSON.parse(answered.responseText);
  } catch {
    return {};
  }
}

function problem(answered) {
  return new Problem(json(answered), answered.status, Number(answered.getResponseHeader("Retry-After")) || 0);
}
