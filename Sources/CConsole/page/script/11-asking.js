// The two ways to ask: a document, and a stream. Both send the token, where the operator gave one, as a
// header; it is never part of an address, and is gone when the tab is closed.
const token = () => keep.get(sessionStorage, 'plumb.token');
const headers = more => {
  const given = token();
  return given ? {...more, Authorization: `Bearer ${given}`} : {...more};
};

// What the server says instead of an answer.
class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `the agent answered ${status}`);
    this.status = status;
    this.code = body.code || '';
    this.title = body.title || '';
  }
}
const problem = async answer => {
  let body = {};
  try {
    body = await answer.json();
  } catch { /* Something else than an agent may answer here. */
  }
  const trouble = new Problem(answer.status, body);
  trouble.retryAfter = Number(answer.headers.get('Retry-After')) || 0;
  return trouble;
};

const askMax = 15000;
const ask = async (path, signal) => {
  const limit = AbortSignal.timeout(askMax);
  let answer;
  try {
    answer = await fetch(path, {
      headers: headers({Accept: 'application/json'}),
      cache: 'no-cache',
      credentials: 'omit',
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal && signal.aborted) throw error;
    throw new Problem(0, {title: 'No answer', detail: 'The agent does not answer.'});
  }
  if (!answer.ok) throw await problem(answer);
  return answer.json();
};
const at = (...segments) => '/' + segments.map(encodeURIComponent).join('/');

// Server-sent events over fetch, because what browsers have for it cannot send a token. One of these is one
// stream, that comes again by itself until it is closed.
const waitMax = 15000;
const stream = options => {
  const {path, on, changed: tell} = options;
  let closing = null, timer = null, watchdog = null, isClosed = false;
  let lastId = null, wait = 2000, failures = 0, silence = 35000, last = 0;

  const heard = () => {
    last = Date.now();
    clearTimeout(watchdog);
    watchdog = setTimeout(() => closing && closing.abort(), silence);
  };
  const lines = () => {
    let name = '', data = [], id = null;
    return line => {
      if (line === '') {
        // An id alone moves on, and says nothing.
        if (id !== null) lastId = id;
        if (data.length) dispatch(name || 'message', data.join('\n'));
        name = '';
        data = [];
        id = null;
        return;
      }
      const colon = line.indexOf(':');
      if (colon === 0) return;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      if (field === 'event')
        name = value;
      else if (field === 'data')
        data.push(value);
      else if (field === 'id')
        id = value;
      else if (field === 'retry' && /^\d+$/.test(value))
        wait = Math.max(500, Number(value));
    };
  };
  const dispatch = (name, text) => {
    let data;
    try {
      data = JSON.parse(text);
    } catch { return; }
    if (name === 'hello') {
      failures = 0;
      if (data.heartbeatSeconds) silence = (2 * data.heartbeatSeconds + 5) * 1000;
      tell('live');
    }
    if (name === 'reset' && data.reason !== 'slow') lastId = null;
    on(name, data);
  };
  const read = async body => {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    const take = lines();
    let rest = '';
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      heard();
      rest += value;
      const parts = rest.split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop();
      for (const part of parts) take(part);
    }
  };
  const open = async () => {
    clearTimeout(timer);
    timer = null;
    if (isClosed) return;
    closing = new AbortController();
    heard();
    let trouble = null;
    try {
      const more = {Accept: 'text/event-stream'};
      if (lastId) more['Last-Event-ID'] = lastId;
      const answer = await fetch(path, {
        headers: headers(more),
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        signal: closing.signal,
      });
      if (!answer.ok) throw await problem(answer);
      await read(answer.body);
    } catch (error) { trouble = error; }
    clearTimeout(watchdog);
    closing = null;
    if (isClosed) return;
    // To ask again with the same token, or for the same nothing, would change nothing.
    if (trouble instanceof Problem && [400, 401, 403, 404].includes(trouble.status)) {
      tell('denied', trouble);
      return;
    }
    failures += 1;
    // The first time soon, then slower; and never all pages at the same instant.
    const least = trouble instanceof Problem && trouble.retryAfter ? trouble.retryAfter * 1000 : 0;
    const pause =
      Math.max(least, Math.min(waitMax, wait * 2 ** Math.min(failures - 1, 5)) * (0.5 + Math.random() / 2));
    timer = setTimeout(open, pause);
    tell('down', trouble, Date.now() + pause, last);
  };

  return {
    open() {
      if (!closing) open();
    },
    // At once: somebody asks for it, or the browser says that the network is back.
    retry() {
      if (timer) open();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(watchdog);
      if (closing) closing.abort();
    },
  };
};
