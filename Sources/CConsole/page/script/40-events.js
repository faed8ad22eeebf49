// What happened, and why.
const eventTones = {
  ready: 'healthy',
  succeeded: 'healthy',
  revisionAccepted: 'healthy',
  rolloutDone: 'healthy',
  approved: 'healthy',
  resumed: 'healthy',
  holdLifted: 'healthy',
  starting: 'info',
  started: 'info',
  stopping: 'info',
  updated: 'info',
  reloaded: 'info',
  adopted: 'info',
  agentStarted: 'info',
  agentStopped: 'info',
  exited: 'degraded',
  unready: 'degraded',
  backoff: 'degraded',
  rolloutStarted: 'recovering',
  held: 'degraded',
  suspended: 'degraded',
  sourceStale: 'degraded',
  probeFailing: 'unhealthy',
  keeperLost: 'unhealthy',
  startRefused: 'unhealthy',
  gaveUp: 'failed',
  rolledBack: 'failed',
  rolloutFailed: 'failed',
  revisionInvalid: 'failed',
  revisionRejected: 'failed',
  sourceRewound: 'failed',
  approvalRefused: 'degraded',
  unknown: 'unknown',
  found: 'degraded',
};
const eventLine = event => {
  const {cause, caller} = event;
  const changes = cause ? cause.changes : [];
  // What the cause says is told field by field below.
  const text = changes.length ? event.message.replace(`: ${cause.text}`, '') : event.message;
  const from = changes.length > 0 && cause.revision;
  const isFine = event.kind === 'exited' && / exit code 0$/.test(text);
  return h(`li.t-${(!isFine && eventTones[event.kind]) || 'info'}`,
    h('time', {datetime: event.time, title: words.full(event.time)}, words.when(event.time)),
    h('span.kind', spaced(event.kind).toLowerCase()),
    event.instance
      ? h('a.who', {href: instanceHref(event.instance), 'data-f': `event:${event.id}`},
          event.replica || event.instance)
      : h('span.who'),
    h('span.text', plainLines(text),
      from && h('span.faint', ` — ${from.short} by ${who(from)}`),
      changes.length > 0 && h('span.causes', changes.slice(0, 4).map(
        one => h('span', change(one), h('span.place', ` ${one.file}:${one.line}`)))),
      caller && h('span.faint', ` by ${caller.user}, uid ${caller.uid}`)));
};
const groups = {
  '': 'everything',
  revisions: 'revisions and gates',
  rollouts: 'rollouts',
  trouble: 'trouble',
  runs: 'runs',
};
const groupKinds = {
  revisions: new Set([
    'revisionAccepted', 'revisionInvalid', 'revisionUnchanged', 'revisionRejected', 'held', 'holdLifted',
    'approved', 'approvalRefused', 'suspended', 'resumed', 'sourceRewound', 'rewindApproved', 'sourceStale',
    'sourceReadable'
  ]),
  rollouts: new Set([
    'rolloutStarted', 'rolloutDone', 'rolloutFailed', 'rolledBack', 'quarantineLifted', 'updated', 'reloaded'
  ]),
  trouble: new Set([
    'unready', 'exited', 'backoff', 'gaveUp', 'startRefused', 'unknown', 'found', 'keeperLost',
    'stopStepFailed', 'probeFailing', 'storeRebuilt', 'rolloutFailed', 'rolledBack', 'revisionInvalid',
    'revisionRejected', 'sourceStale', 'sourceRewound', 'approvalRefused'
  ]),
  runs: new Set([
    'starting', 'started', 'ready', 'unready', 'stopping', 'exited', 'backoff', 'gaveUp', 'succeeded',
    'adopted', 'keeperLost'
  ]),
};
const sought = {
  text: '',
  group: ''
};
const eventsShown = 400;

const eventsPage = () => {
  const list = h('ol.timeline'), told = h('p.faint'), none = h('div');
  const older = h('div');
  let before = new Map(), next, isAtEnd = false;
  const search = h('input.search', {
    type: 'search',
    placeholder: 'Instance, kind, author, text …',
    'aria-label': 'Filter events',
    value: sought.text,
    spellcheck: 'false',
    oninput: () => {
      sought.text = search.value;
      update();
    }
  });
  const kind = h('select', {
    'aria-label': 'Kind of events',
    onchange: () => {
      sought.group = kind.value;
      update();
    }
  },
    Object.entries(groups).map(
      ([value, text]) => h('option', {value, selected: value === sought.group}, text)));
  const fitting = () => {
    const all = [...state.events.values(), ...before.values()];
    const parts = sought.text.toLowerCase().split(/\s+/).filter(Boolean);
    const kinds = groupKinds[sought.group];
    const seen = new Set();
    return all
      .filter(event => {
        if (seen.has(event.id)) return false;
        seen.add(event.id);
        if (kinds && !kinds.has(event.kind)) return false;
        if (!parts.length) return true;
        const text = [
          event.kind, event.instance, event.replica, event.message, event.revision && event.revision.author,
          event.runId
        ].join(' ').toLowerCase();
        return parts.every(part => text.includes(part));
      })
      .sort((a, b) => b.id - a.id);
  };
  const more = async () => {
    const first = Math.min(...state.events.keys(), ...before.keys());
    try {
      const page =
        await ask(next ? `/v1/events?limit=500&cursor=${encodeURIComponent(next)}` : '/v1/events?limit=1000');
      for (const event of page.items)
        if (!state.events.has(event.id)) before.set(event.id, event);
      next = page.next;
      isAtEnd = !next || (page.items.length > 0 && page.items[0].id === first && !page.next);
    } catch (error) { one(none, error.message, () => refusal(error)); }
    limitShown += 500;
    update();
  };
  let limitShown = eventsShown;
  const update = () => {
    const events = fitting();
    const shown = events.slice(0, limitShown);
    const rows = [];
    let day = null;
    for (const event of shown) {
      if (words.day(event.time) !== day) {
        day = words.day(event.time);
        rows.push({key: day, sign: day, day});
      }
      rows.push({key: event.id, sign: day, event});
    }
    patch(list, rows, item => item.day ? h('li.day', h('h2', item.day)) : eventLine(item.event));
    setText(told, `${events.length} of ${state.events.size + before.size} fit`);
    one(none, events.length === 0,
      isEmpty =>
        isEmpty ? nothing(state.events.size ? 'No event fits.' : 'Nothing has happened yet.') : h('span'));
    one(older, [isAtEnd, events.length > limitShown],
      ([isEnd]) => isEnd
        ? h('p.faint', 'The beginning of what is kept.')
        : h('button', {type: 'button', 'data-f': 'older', onclick: more}, 'Show older events'));
  };
  return {
    title: 'Events',
    element:
      h('div', h('h1', 'Events'), h('div.toolbar', search, h('div.selects', kind), told), list, none, older),
    mount: update,
    changed(what) {
      if (what.has('events') || what.has('picture')) update();
    },
    search() { search.focus(); },
  };
};
