// A document that is asked for when it is first shown, and again when the stream says that what it is about
// has changed. Never by the clock.
const fetched = (path, show, options = {}) => {
  const box = h('div.fetched');
  let abort = null, again = null, isFirst = true, last = null;
  const load = async () => {
    if (abort) abort.abort();
    const mine = abort = new AbortController();
    if (isFirst) one(box, 'loading', () => h('p.faint.loading', 'Reading …'));
    try {
      const value = await ask(typeof path === 'function' ? path() : path, mine.signal);
      if (mine !== abort) return;
      last = value;
      const sign = JSON.stringify(
        value, (key, part) => key === 'observedAt' || key === 'wantedSeconds' ? undefined : part);
      patch(box, [{key: 'one', sign}], () => show(value));
    } catch (error) {
      if (mine !== abort || mine.signal.aborted) return;
      // What was there is worth more than a complaint that it cannot be read now.
      if (last && !(error.status >= 400 && error.status < 500)) return;
      one(box, [error.status, error.message], () => refusal(error, options));
    }
    isFirst = false;
  };
  return {
    element: box,
    mount: load,
    load,
    unmount() {
      clearTimeout(again);
      if (abort) abort.abort();
      abort = null;
    },
    // Soon, and once for many changes.
    soon() {
      clearTimeout(again);
      again = setTimeout(load, 400);
    },
  };
};
const refusal = (error, options = {}) => {
  if (options.instead && [403, 404].includes(error.status)) return options.instead(error);
  if (error.status === 404) return nothing('The agent does not know this.', error.message);
  if (error.status === 403 || error.status === 401) {
    return nothing('This is not shown to everybody.', error.message, ' ',
      options.local ? ['On the host: ', mono(options.local)] : null);
  }
  return nothing(error.title || 'This cannot be read now.', error.message);
};
const table = (titles, rows, name) => h('div.wide',
  h('table', {'aria-label': name},
    h('thead',
      h('tr',
        titles.map(
          title => h('th', {scope: 'col', class: title.number ? 'num' : null}, title.text || title)))),
    h('tbody', rows)));
const tr = (...cells) =>
  h('tr', cells.map(one => one instanceof Node && ['TD', 'TH'].includes(one.tagName) ? one : h('td', one)));
const facts = list => h('dl.facts', list.filter(([, value]) => value).map(
  ([name, value]) => h('div', h('dt', name), h('dd', value))));
const change = one => h('span.change', mono(one.path), ' ',
  one.old !== undefined && [h('del', {title: one.old}, brief(one.old)), ' → '],
  one.new === undefined ? h('span.faint', 'no longer set') : h('ins', {title: one.new}, brief(one.new)));
