// What was wanted of an Instance before, and what differs between any two of it.
const outcomes = {
  current: 'info',
  good: 'healthy',
  completed: 'healthy',
  gaveUp: 'failed',
  failed: 'failed',
  rolledBack: 'failed',
  superseded: 'info',
  withdrawn: 'info',
};
const historyTab = name => {
  let from = null, to = null, items = [];
  const difference = h('div');
  const showDifference = () => {
    const a = items.findIndex(item => item.key === from), b = items.findIndex(item => item.key === to);
    if (a < 0 || b < 0) {
      one(difference, null, () => h('span'));
      return;
    }
    one(difference, [from, to, items.length], () => {
      if (a === b) return nothing('It is the same revision of it.');
      const isForward = a > b;
      const list = between(items, Math.max(a, b), Math.min(a, b), isForward);
      return h('div', h('h2', `What differs from ${items[a].revision.short} to ${items[b].revision.short}`),
        list.length
          ? table(['Field', items[a].revision.short, items[b].revision.short, 'Effect', 'Written at'],
              list.map(one => tr(h('th.name', {scope: 'row'}, one.path),
                         one.old === undefined ? h('span.faint', 'not set') : h('del', one.old),
                         one.new === undefined ? h('span.faint', 'not set') : h('ins', one.new), one.effect,
                         h('span.place', `${one.file}:${one.line}`))),
              'differences')
          : nothing('No field of it differs.'),
        takeAlong(
          `git diff ${items[a].revision.commit.slice(0, 12)}..${items[b].revision.commit.slice(0, 12)}`,
          'command for the whole difference'));
    });
  };
  const choose = (group, item, isChosen, set) => h('input', {
    type: 'radio',
    name: `${group}-${name}`,
    checked: isChosen,
    'aria-label': `${group} ${item.revision.short}`,
    'data-f': `${group}:${item.key}`,
    onchange() {
      set(item.key);
      showDifference();
    },
  });
  const view = fetched(`${at('v1', 'instances', name, 'history')}?limit=100`, document => {
    items = document.items.map(item => ({...item, key: `${item.specHash}@${item.wantedAt}`}));
    if (!items.some(item => item.key === from)) from = items[1] ? items[1].key : null;
    if (!items.some(item => item.key === to)) to = items[0] ? items[0].key : null;
    showDifference();
    if (!items.length) return nothing('Nothing has been wanted of it yet.');
    return table(['From', 'To', 'Revision', 'Unit', 'What changed', 'Wanted', 'Ready after', 'Outcome', 'By'],
      items.map(
        item => tr(choose('from', item, item.key === from,
                     key => {
                       from = key;
                     }),
          choose('to', item, item.key === to,
            key => {
              to = key;
            }),
          h('span', chip(item.revision), h('div.subject', item.revision.subject)), item.unit,
          item.changes.length ? h('ul.plain', item.changes.slice(0, 5).map(one => h('li', change(one))))
                              : h('span.faint', item.isOlder ? 'older than this history' : 'new here'),
          h('span', aged(item.wantedAt), h('div.faint', `for ${words.span(item.wantedSeconds)}`)),
          item.readyAt ? words.exact((Date.parse(item.readyAt) - Date.parse(item.wantedAt)) / 1000)
                       : h('span.faint', '–'),
          badge(outcomes[item.outcome] || 'info', spaced(item.outcome).toLowerCase()), who(item.revision))),
      'history');
  });
  return {
    ...view,
    element: h('div', view.element, difference),
    changed(what) {
      if (touched(what, name)) view.soon();
    }
  };
};
// The changes of each step from the older to the newer one, folded: the first old value and the last new one.
const between = (items, older, newer, isForward) => {
  const fields = new Map();
  for (let index = older - 1; index >= newer; index -= 1) {
    for (const one of items[index].changes) {
      const known = fields.get(one.path);
      fields.set(one.path, {...one, old: known ? known.old : one.old});
    }
  }
  return [...fields.values()]
    .filter(one => one.old !== one.new)
    .map(one => isForward ? one : {...one, old: one.new, new: one.old})
    .sort((a, b) => a.path < b.path ? -1 : 1);
};
