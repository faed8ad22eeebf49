// Work by the clock.
const schedulesPage = () => {
  const list = fetched('/v1/schedules', document => {
    if (!document.items.length) return none();
    return table(['Schedule', 'State', 'Next', 'Last', 'Declared at'],
      document.items.map(
        one => tr(h('th.name', {scope: 'row'}, one.name),
          h('span', badge('info', one.state || 'declared'), ' ', h('span.faint', one.message || '')),
          one.nextAt ? h('span', words.when(one.nextAt), ' ', h('span.faint', aged(one.nextAt, 'until')))
                     : h('span.faint', '–'),
          one.last
            ? h('span', one.last.outcome || '', ' ', one.last.at ? h('span.faint', aged(one.last.at)) : null)
            : h('span.faint', '–'),
          h('span.place', one.declaredAt || '–'))),
      'schedules');
  }, {instead: () => none()});
  const none = () => nothing('No Schedule is declared for this host.',
    'Schedules are read and checked by this version, and not acted on yet. What is declared appears here.');
  return {
    title: 'Schedules',
    element: h('div', h('h1', 'Schedules'), list.element),
    mount: list.mount,
    unmount: list.unmount,
    changed(what) {
      if (what.has('head') || what.has('picture')) list.soon();
    },
  };
};
