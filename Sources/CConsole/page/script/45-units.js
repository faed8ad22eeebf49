// What can run, and where it is used; then who asked for something on this host.
const unitsPage = () => {
  const list = fetched('/v1/units?limit=1000', document => {
    if (!document.items.length)
      return nothing(
        'No Unit is used on this host.', 'A Unit appears once an Instance of this host names it.');
    return h('div', cut(document, 'Unit'),
      table(['Unit', 'Profile', {text: 'Ready', number: true}, 'Instances', 'Declared at'],
        document.items.map(
          one => tr(h('th.name', {scope: 'row'}, one.name, h('span.unit', one.version && `@${one.version}`)),
            one.profile,
            h('td.num', {class: one.readyReplicas < one.desiredReplicas ? 'short' : null},
              `${one.readyReplicas}/${one.desiredReplicas}`),
            linksOf(one.instances), h('span.place', one.declaredAt || '–'))),
        'units'));
  });
  return listPage('Units', list);
};
// Hundreds of names say no more than the first of them and how many there are.
const linksMax = 12;
const linksOf = names => h('span.links',
  names.slice(0, linksMax).map(name => h('a', {href: `#/instances/${encodeURIComponent(name)}`}, name)),
  names.length > linksMax ? h('span.faint', `and ${names.length - linksMax} more`) : null);
const cut = (document, noun) => document.total > document.items.length
  ? h('p.faint', `${document.items.length} of ${words.count(document.total, noun)}`)
  : null;

const auditTones = {
  'approve': 'info',
  'approve-rewind': 'degraded',
  'suspend': 'degraded',
  'resume': 'healthy',
  'lapse': 'healthy',
  'retry': 'recovering',
  'refused': 'failed'
};
const auditPage = () => {
  const list = fetched('/v1/audit?limit=500', document => {
    if (!document.items.length) {
      return nothing('Nobody has asked for anything on this host.', mono('plumb approve'), ', ',
        mono('plumb suspend'), ', ', mono('plumb resume'), ' and ', mono('plumb retry'),
        ' are listed here, and approvals by commit.');
    }
    return h('div', cut(document, 'entry'),
      table(['When', 'What', 'Who', 'About', 'Told'],
        document.items.map(
          one => tr(
            h('span', words.when(one.time), ' ', h('span.faint', aged(one.time))),
            badge(auditTones[one.verb] || 'info', one.verb), whoAsked(one),
            h('span.links',
              one.instance
                ? h('a', {href: `#/instances/${encodeURIComponent(one.instance)}`}, one.instance)
                : null,
              one.revision ? chip(one.revision) : null),
            h('span', ansi.plain(one.message)))),
        'audit'));
  }, {local: 'plumb get audit'});
  return listPage('Audit', list, 'events');
};
const whoAsked = entry => {
  const {caller} = entry;
  if (caller) return h('span', {title: `user id ${caller.uid}`}, caller.user || `uid ${caller.uid}`);
  if (entry.signer) return h('span', {title: entry.signer.key}, entry.signer.principal);
  return h('span.faint', entry.verb === 'lapse' ? 'its time was over' : '–');
};

// A page that is one list, read anew when something may have changed.
const listPage = (title, list, more) => ({
  title,
  element: h('div', h('h1', title), list.element),
  mount: list.mount,
  unmount: list.unmount,
  changed(what) {
    if (what.has('head') || what.has('picture') || (more && what.has(more))) list.soon();
  },
});
