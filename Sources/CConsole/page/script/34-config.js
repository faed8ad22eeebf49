// What an Instance is made of: processes, values with their origin, sandbox.
const origins = {
  unit: 'default of the Unit',
  configFrom: 'configFrom',
  instance: 'the Instance itself'
};
const configTab = name => {
  const view = fetched(at('v1', 'instances', name, 'config'), configView);
  return {
    ...view,
    changed(what) {
      if (touched(what, name)) view.soon();
    },
  };
};
const configView = document => {
  const file = `in the file ${document.file || ''}`;
  const way = {env: 'as environment variables', args: 'as arguments', file}[document.apply] || '';
  const {values, environment = [], secrets = []} = document;
  const name = text => h('th.name', {scope: 'row'}, text);
  return h('div',
    h('p.faint', `Given to the program ${way}. The later origin wins: the Unit’s default, then each `,
      'configFrom, then the Instance.'),
    values.length === 0 ? nothing('Its Unit has no configuration fields.')
      : table(['Field', 'Value', 'Origin', 'Declared at'], values.map(value => tr(
          name(value.name), configValue(value),
          h(`span.origin.o-${value.origin}`, origins[value.origin] || value.origin),
          h('span.place', value.place || '–'))), 'configuration'),
    environment.length > 0 && [h('h2', 'Environment'), table(['Variable', 'Value'],
      environment.map(one => tr(name(one.name), h('code.value', one.text))), 'environment')],
    secrets.length > 0 && [h('h2', 'Secrets'), table(['Variable', 'Value'], secrets.map(
      one => tr(name(one.variable), h('span.faint', 'from the host’s secret directory; shown nowhere'))),
      'secrets')]);
};
const configValue = value => h('span',
  value.secret ? h('span.faint', 'secret, from the host') : h('code.value', value.text),
  value.running !== undefined
    && h('div.differs', 'runs with ', h('code.value', value.running), ' until it is restarted'));

const processesTab = name => {
  const read = replica => h('section',
    h('h2', replica.name, badge(tones[replica.phase] || 'info', replica.phase)),
    replica.processes.length ? table(processTitles, processRows(replica)) : nothing('Nothing runs.'));
  const instead = () => h('div.panel', h('h2', 'Command lines are not shown to everybody'),
    h('p', 'They can hold what the kernel hides from other users. A token with the scope ', mono('logs'),
      ' sees them here; on the host:'),
    takeAlong(`plumb tree ${name}`, 'command'));
  const view = fetched(at('v1', 'instances', name, 'proctree'),
    document => h('div', document.replicas.map(read)), {instead});
  const again = h('button.small', {type: 'button', onclick: view.load}, 'Read again');
  return {
    ...view,
    element: h('div',
      h('div.toolbar', again,
        h('span.faint', 'Read from the kernel when it is asked for, and when a replica changes.')),
      view.element),
    changed(what) {
      if (what.has(`instance:${name}`)) view.soon();
    },
  };
};
const processTitles = [
  {text: 'PID', number: true}, 'Command', 'User', 'State', {text: 'CPU time', number: true},
  {text: 'Memory', number: true}, {text: 'Threads', number: true}, 'Started',
];
const processRows = replica => {
  const depths = new Map();
  return replica.processes.map(one => {
    const depth = depths.has(one.parent) ? depths.get(one.parent) + 1 : 0;
    depths.set(one.pid, depth);
    const line = one.command.length ? one.command.map(ansi.plain).join(' ') : '(no command line)';
    return tr(h('td.num', one.pid),
      h('td.command', h(`code.d${Math.min(depth, 8)}`, {title: line}, line),
        one.pid === replica.pid ? h('span.faint', ' main') : null),
      one.user, one.state, h('td.num', `${one.cpuSeconds.toFixed(2)} s`),
      h('td.num', words.bytes(one.memoryBytes)), h('td.num', one.threads), aged(one.startedAt));
  });
};

const verdicts = {
  yes: 'healthy',
  no: 'failed',
  off: 'info',
  atStart: 'healthy',
  unknown: 'unknown'
};
const sandboxTab = name => {
  const view = fetched(at('v1', 'instances', name, 'sandbox'),
    document => h('div',
      document.replicas.map(
        replica => h('section', h('h2', replica.name, h('span.count', replica.level || 'no level')),
          replica.degraded ? h('p', badge('degraded'), ' ', replica.degraded) : null,
          replica.items.length
            ? table(['Item', 'Declared', 'In force', 'Seen'],
                replica.items.map(
                  item => tr(h('th.name', {scope: 'row'}, item.item), item.declared,
                    badge(verdicts[item.inForce] || 'unknown', item.inForce), h('span.seen', item.evidence))),
                'sandbox')
            : nothing('Nothing runs.')))));
  return {
    ...view,
    changed(what) {
      if (what.has(`instance:${name}`)) view.soon();
    }
  };
};
