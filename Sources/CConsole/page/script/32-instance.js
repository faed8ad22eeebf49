// One Instance.
const tabs = [
  ['', 'Now'],
  ['logs', 'Logs'],
  ['processes', 'Processes'],
  ['config', 'Config'],
  ['history', 'History'],
  ['sandbox', 'Sandbox'],
  ['change', 'How to change it'],
];
const instanceHref = (name, tab = '') => `#/instances/${encodeURIComponent(name)}${tab ? `/${tab}` : ''}`;

const instancePage = (name, tab = '') => {
  const head = h('div.instance-head'), links = h('nav.tabs', {'aria-label': 'Parts of this Instance'});
  const body = h('div.tab');
  const views = {
    '': nowTab,
    logs: logsTab,
    processes: processesTab,
    config: configTab,
    history: historyTab,
    sandbox: sandboxTab,
    change: changeTab
  };
  const view = (views[tab] || nowTab)(name);
  const update = () => {
    const instance = state.instances.get(name);
    const shown = instance ? [
      instance.unit, instance.sync, instance.health, instance.ready, instance.declaredAt, instance.labels,
      instance.suspended,
    ] : [state.isWhole];
    one(head, shown, () => h('div',
      h('p.crumbs', h('a', {href: '#/'}, 'Instances'), ' /'),
      h('h1', name),
      instance ? instanceMeta(instance)
        : h('p.faint', state.isWhole ? 'Not declared here, and nothing of it runs.' : 'Waiting for the agent …')));
    patch(links, tabs.map(([id, title]) => ({key: id, title, sign: String(id === tab)})),
      ({key, title}) => h('a',
        {href: instanceHref(name, key), 'aria-current': key === tab ? 'page' : null, 'data-f': `tab:${key}`},
        title));
  };
  return {
    title: name,
    element: h('div.instance', head, links, body),
    mount() {
      update();
      body.append(view.element);
      view.mount();
    },
    unmount() { view.unmount && view.unmount(); },
    changed(what) {
      if (what.has(`instance:${name}`) || what.has('picture')) update();
      if (view.changed) view.changed(what);
    },
    search() {
      if (view.search) view.search();
    },
    key: view.key,
  };
};
const instanceMeta = instance => h('p.meta',
  badge(instance.health),
  instance.sync === 'Synced' ? badge('healthy', 'synced') : badge('recovering', 'out of sync'),
  h('span', h('b', instance.ready), ' ready'),
  h('span', instance.unit),
  instance.suspended && badge('degraded', 'suspended'),
  instance.declaredAt
    ? h('a.place', {href: instanceHref(instance.name, 'change')}, instance.declaredAt)
    : h('span.faint', 'declared no longer'),
  Object.entries(instance.labels).map(([key, value]) => h('span.label', `${key}=${value}`)));
const touched = (what, name) =>
  what.has(`instance:${name}`) || what.has('picture') || what.has(`events:${name}`);

const nowTab = name => {
  const reason = h('div'), rollout = h('div'), replicas = h('div'), phases = h('div'), events = h('div');
  const why = fetched(at('v1', 'instances', name, 'why'), whyView);
  const update = () => {
    const instance = state.instances.get(name);
    if (!instance) return;
    // The panel of the rollout says the same, and more.
    const item = hasFailed(instance.rollout) ? null : instanceItem(instance);
    one(reason, item, () => item ? h('ul.attention', attentionItem({...item, href: null})) : h('span'));
    one(rollout, instance.rollout || null, value => value ? rolloutView(value) : h('span'));
    replicaRows();
    one(
      phases, [instance.replicas.map(one => [one.name, one.phase]), lastEvent(name)], () => strips(instance));
    one(events, lastEvent(name), () => {
      const list = [...state.events.values()].filter(event => event.instance === name).slice(-30).reverse();
      return list.length ? h('ol.timeline', list.map(event => eventLine(event)))
                         : nothing('No events are remembered of it here.');
    });
  };
  const replicaRows = () => {
    const instance = state.instances.get(name);
    if (!instance) return;
    const kept = instance.replicas.map(replica => state.usage.get(replica.name));
    one(replicas, [instance.replicas, kept.map(one => one && [one.at, one.runId])],
      () => replicaTable(instance));
  };
  return {
    element: h('div', reason, rollout, h('section', h('h2', 'Replicas'), replicas),
      h('section', h('h2', 'Phases'), phases), h('section', h('h2', 'Why it is so'), why.element),
      h('section', h('h2', 'Events'), events)),
    mount() {
      update();
      why.mount();
    },
    unmount() { why.unmount(); },
    changed(what) {
      if (touched(what, name)) {
        update();
        why.soon();
      } else if (what.has('usage'))
        replicaRows();
    },
  };
};
const lastEvent = name => {
  let last = 0;
  for (const event of state.events.values())
    if (event.instance === name) last = event.id;
  return last;
};

const rolloutView = rollout => {
  const tone = hasFailed(rollout) ? 'failed' : 'recovering';
  const {failure, lastKnownGood: good, dueAt} = rollout;
  const goodRevision = good && good.revision ? ` of ${good.revision}` : '';
  const errors = (failure && failure.stderr) || [];
  const remedy = command(rollout.remedy);
  return h(`section.panel.t-${tone}`,
    h('h2', 'Rollout', badge(tone, spaced(rollout.state))),
    facts([
      ['failure', failure && failure.message],
      ['revision', h('span', chip(rollout.revision), ' ', rollout.revision.subject)],
      ['changes', rollout.changes.length > 0
        && h('ul.plain', rollout.changes.map(text => h('li', mono(brief(text), text))))],
      ['healthy', `${rollout.healthyReplicas} of ${rollout.desiredReplicas}`],
      ['exits', rollout.exits > 0 && String(rollout.exits)],
      ['began', rollout.startedAt && aged(rollout.startedAt)],
      ['due', dueAt && h('span', aged(dueAt, 'until'), ` (${words.when(dueAt)})`)],
      ['way back', good ? `${good.unit}${goodRevision}` : rollout.obstacle || 'none has proved itself yet'],
      ['remedy', rollout.remedy && h('span', unquoted(rollout.remedy),
        remedy && takeAlong(remedy, `command for ${rollout.revision.short}`))],
    ]),
    errors.length > 0 && h('div', h('p.label', `last lines of ${failure.replica || 'it'} on stderr`),
      h('pre.output', {tabindex: '0'}, errors.map(line => [ansi.nodes(line), '\n']))));
};

const replicaTable = instance => table(
  [
    'Replica', 'Phase', 'Health', {text: 'PID', number: true}, {text: 'Up', number: true},
    {text: 'Restarts', number: true}, {text: 'CPU', number: true}, {text: 'Memory', number: true}, 'Ports',
    'Revision', 'Last exit', 'Notes'
  ],
  instance.replicas.map(replica => {
    const kept = state.usage.get(replica.name);
    const use = kept && kept.runId === replica.runId ? kept : null;
    const notes = [
      replica.reason, replica.statusText, replica.notifyNote,
      replica.lostLogBytes ? `${words.bytes(replica.lostLogBytes)} of its output are lost` : '',
      ...(replica.findings || []).map(found => `${spaced(found.type)}: ${found.message}`)
    ].filter(Boolean);
    const held = new Set(replica.heldPorts || []);
    const num = (...kids) => h('td.num', kids);
    return tr(h('th.name', {scope: 'row'}, replica.name),
      badge(tones[replica.phase] || 'info', replica.phase),
      h('span', badge(replica.health), replica.ready ? null : h('span.faint', ' not ready')),
      num(replica.pid || h('span.faint', '–')),
      num(replica.startedAt ? aged(replica.startedAt, 'up') : h('span.faint', '–')), num(replica.restarts),
      num(use ? [spark(use.cpu, 'CPU'), words.cores(use.last.cpuCores)] : h('span.faint', '–'),
        limit(replica, 'cpu')),
      num(use ? [spark(use.memory, 'memory'), words.bytes(use.last.memoryBytes)] : h('span.faint', '–'),
        limit(replica, 'memory')),
      Object.entries(replica.ports || {}).map(([key,
        port]) => h('span.port', `${key} ${port}`, held.has(key) ? h('span.faint', ' held') : null)),
      h('code', replica.revision || '–'),
      replica.lastExit ? h('span', replica.lastExit.text, ' ', h('span.faint', aged(replica.lastExit.at)))
                       : h('span.faint', '–'),
      notes.map(note => h('div', ansi.plain(note))));
  }),
  `replicas of ${instance.name}`);
const limit = (replica, field) =>
  replica.limits && replica.limits[field] ? h('span.faint', ` / ${replica.limits[field]}`) : null;

const whyView = document => {
  if (!document.replicas.length) return nothing('Nothing of it is meant to run here.');
  const shown = document.replicas.slice(0, 50);
  return h('div.why',
    document.conditions.map(one => h('p', badge('degraded', spaced(one.type)), ' ', one.message)),
    shown.map((replica, index) => whyReplica(replica, index < 2)));
};
const whyReplica = (replica, open) => {
  const {waiting, output} = replica;
  return h('details', {open},
    h('summary', h('b', replica.name), badge(tones[replica.phase] || 'info', replica.phase),
      h('span', replica.reason || (replica.ready ? 'running and ready' : ''))),
    waiting && h('p.lift', h('span.label', 'Waits'), `${waiting.message}; ends ${unquoted(waiting.lift)}`),
    h('ol.steps', replica.steps.map(whyStep)),
    output && output.length > 0 && h('div', h('p.label', `last lines of run ${replica.outputOf}`),
      h('pre.output', {tabindex: '0'},
        output.map(line => [h(`span.${line.stream}`, ansi.nodes(line.text)), '\n']))));
};
const whyStep = step => {
  const {change: field, revision} = step;
  const place = field && field.file && h('span.place', ` ${field.file}:${field.line}`);
  const signer = step.kind === 'commit' && revision && revision.signer;
  return h(`li.s-${step.kind}`,
    h('span.kind', step.kind === 'event' ? spaced(step.event).toLowerCase() : step.kind),
    h('span.text', field ? [change(field), place] : ansi.plain(step.text),
      signer && h('span.faint', ` signed by ${signer.principal}`)),
    step.time && h('time', {datetime: step.time, title: words.full(step.time)}, words.when(step.time)));
};
const unquoted = text => text.replace(/`/g, '');
