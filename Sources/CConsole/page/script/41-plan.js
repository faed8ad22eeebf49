// What is being done now, what is waited for and until when, and what a held revision would do.
const planPage = () => {
  const top = banner(), held = h('div'), gates = h('div');
  // An agent that has no such document still tells in its status what is waited for.
  const doing = fetched('/v1/plan', planView, {
    instead: () => h('div', h('h2', 'Waiting'), waitingTable((state.head && state.head.waiting) || [])),
  });
  const update = () => {
    top.update();
    const now = (state.head && state.head.gates) || null;
    one(held, now && now.held, value => value ? heldView(value) : h('span'));
    one(gates, now, value => value ? gatesView(value) : h('span'));
  };
  return {
    title: 'Plan',
    element: h('div', top.section, h('h1', 'Plan'), held, doing.element, gates),
    mount() {
      update();
      doing.mount();
    },
    unmount() { doing.unmount(); },
    changed(what) {
      if (!what.has('head') && !what.has('picture') && !what.has('instances')) return;
      update();
      doing.soon();
    },
  };
};
const planView = document => {
  const {doing, nextChangeAt} = document;
  const next = nextChangeAt
    && ['; by itself the next thing changes ', aged(nextChangeAt, 'until'), ` (${words.when(nextChangeAt)})`];
  return h('div',
    h('p', document.message, next),
    h('h2', 'Now', h('span.count', doing.length)),
    doing.length ? table(['Action', 'Of', 'For', 'Why'], doing.map(doingRow), 'under way')
      : nothing('Nothing is under way.'),
    h('h2', 'Waiting', h('span.count', document.waiting.length)),
    waitingTable(document.waiting));
};
const doingRow = one => tr(
  badge('recovering', one.action),
  h('a', {href: instanceHref(one.instance)}, one.replica || one.instance),
  one.since ? aged(one.since, 'up') : '–',
  h('span', ansi.plain(one.message), one.cause && one.cause.changes
    && h('span.causes', one.cause.changes.slice(0, 4).map(part => h('span', change(part))))));
const heldView = held => h('section',
  h('h2', 'Held back'),
  h('ul.attention', attentionItem({...heldItem(held), more: held.holds.map(hold => hold.message)})),
  held.actions.length > 0
    && table(['Action', 'Instance', {text: 'Replicas', number: true}, 'From', 'To'],
      held.actions.map(heldRow), 'held actions'),
  h('p', 'Look before you approve: ', mono(`plumb diff --revision ${held.revision.ref}`)));
const heldRow = action => tr(
  badge(action.action === 'remove' ? 'failed' : 'recovering', action.action),
  h('a', {href: instanceHref(action.instance)}, action.instance),
  h('td.num', action.replicas),
  mono(action.from.slice(0, 12)),
  action.to ? mono(action.to.slice(0, 12)) : '–');
const gatesView = gates => {
  const {fuse, window, suspension} = gates;
  const until = window && window.until
    && [', until ', words.when(window.until), ' (', aged(window.until, 'until'), ')'];
  return h('section', h('h2', 'Gates'), facts([
    ['fuse', `at most ${fuse.maxRemoved} removed and ${fuse.maxRestarted} restarted in ${fuse.window}`],
    ['applyDelay', gates.applyDelay === '0s' ? 'none' : gates.applyDelay],
    ['window', window ? h('span', window.open ? 'open' : 'closed', until) : 'always open'],
    ['host', suspension ? `suspended: ${suspension.reason}` : 'not suspended'],
  ]));
};
const waitingTable = list => list.length
  ? table(['Replica', 'Waits for', 'What it is', 'Until', 'Ends'],
      list.slice(0, 500).map(
        one => tr(h('a', {href: instanceHref(one.replica.replace(/\/\d+$/, ''))}, one.replica),
          badge('recovering', spaced(one.reason)), ansi.plain(one.message),
          one.until ? h('span', words.when(one.until), ' ', h('span.faint', aged(one.until, 'until')))
                    : h('span.faint', 'open'),
          (one.lift || '').replace(/`/g, ''))),
      'waiting')
  : nothing('Nothing is waited for.');
