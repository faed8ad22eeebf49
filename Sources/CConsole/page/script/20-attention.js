// What somebody should look at, the worst first, each with what lifts it.
const bad = new Set([
  'Invalid', 'SourceStale', 'SourceRewound', 'TreeUnproven', 'LimitsDegraded', 'SandboxDegraded', 'LogsLost',
  'Stale', 'Drifted', 'DriftUnwatched', 'StoreRebuilt', 'StoreFailing', 'RolledBack', 'RollbackImpossible',
  'Rejected', 'TrustUnavailable', 'NotifyFailing', 'SourceUnavailable', 'Suspended', 'Held'
]);
const grave = new Set([
  'Invalid', 'Rejected', 'SourceRewound', 'StoreFailing', 'RolledBack', 'RollbackImpossible',
  'TrustUnavailable'
]);
const spaced = word => word.replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);

// The command within a sentence such as "… To go on: plumb approve 7d1f-02ac --reason WHY".
const command = text => {
  const quoted = /`(plumb [^`]+)`/.exec(text);
  if (quoted) return quoted[1];
  const plain = /(?:^|: |or )(plumb (?:approve|resume|retry|suspend)\b[^;,.()]*)/.exec(text);
  return plain ? plain[1].trim() : null;
};

const attention = () => {
  const items = [];
  const head = state.head;
  if (!head) return items;
  const gates = head.gates || {};
  for (const condition of head.conditions) {
    const isBad = bad.has(condition.type) ? condition.status
                                          : ['Synced', 'Ready'].includes(condition.type) && !condition.status;
    if (!isBad) continue;
    if (condition.type === 'Held' && gates.held) continue;
    if (condition.type === 'Suspended' && gates.suspension) continue;
    // What is wrong with one of the Instances is told there.
    if (['RolledBack', 'RollbackImpossible'].includes(condition.type) && rolledBack().length) continue;
    if (condition.type === 'Synced' &&
      head.conditions.some(other => other !== condition && other.status && bad.has(other.type)))
      continue;
    items.push({
      key: `condition:${condition.type}`,
      rank: grave.has(condition.type) ? 0 : 3,
      tone: grave.has(condition.type) ? 'failed' : 'degraded',
      what: spaced(condition.type),
      who: head.node,
      text: condition.message,
      since: condition.since,
      more: condition.type === 'Invalid' ? head.source.diagnostics : [],
      isCode: true,
      lift: condition.type === 'Invalid'
        ? 'a commit that mends what is listed; until then the accepted revision stays in force'
        : '',
      command: command(condition.message),
    });
  }
  if (gates.held) items.push(heldItem(gates.held));
  if (gates.suspension) {
    const {reason, by, since, until} = gates.suspension;
    items.push({
      key: 'suspended',
      rank: 2,
      tone: 'degraded',
      what: 'Suspended',
      who: head.node,
      since,
      until,
      text: `${reason} (${by}). No new revision is applied; what runs is supervised.`,
      lift: until ? 'by itself at that time, or at once with' : '',
      command: 'plumb resume',
      more: [],
    });
  }
  for (const instance of state.instances.values()) {
    const item = instanceItem(instance);
    if (item) items.push(item);
  }
  for (const schedule of state.schedules.values())
    if (schedule.trouble) items.push(scheduleItem(schedule));
  return folded(items).sort((a, b) => a.rank - b.rank || (a.who < b.who ? -1 : 1));
};
const plainLines = text => brief(text).split('\n').map(ansi.plain).join('\n');
// Hashes are told apart by their beginning.
const brief = text => text.replace(/\b([0-9a-f]{12})[0-9a-f]{28,52}\b/g, '$1…');

// Many that fail in the same way are one thing to look at.
const foldedFrom = 4;
const folded = items => {
  const same = new Map();
  for (const item of items) {
    const key = item.href ? `${item.what} ${item.tone} ${item.text}` : item.key;
    same.set(key, [...(same.get(key) || []), item]);
  }
  return [...same].flatMap(([key, list]) => list.length < foldedFrom ? list : [{
    ...list[0],
    key: `folded:${key}`,
    who: words.count(list.length, list[0].kind || 'Instance'),
    href: undefined,
    more: [],
    names: list.map(item => item.who).sort(),
  }]);
};

const heldItem = held => ({
  key: 'held',
  rank: 0.2,
  tone: 'degraded',
  what: 'Held',
  who: held.revision.short,
  since: held.since,
  text: `${held.revision.subject} — ${held.revision.author}`,
  more: [
    ...held.holds.map(hold => hold.message),
    ...held.actions.map(
      action => `${action.action} ${action.instance} (${words.count(action.replicas, 'replica')})`)
  ],
  lift: held.holds.map(hold => hold.lift).find(lift => !command(lift)) ||
    'an approval of this plan, or another commit',
  until: held.holds.map(hold => hold.until).find(Boolean),
  command: command(held.holds.map(hold => hold.lift).join('; ')) || `plumb approve ${held.plan} --reason WHY`,
});

const scheduleHref = name => `#/schedules/${encodeURIComponent(name)}`;
const scheduleTones = {broken: 'failed', failing: 'unhealthy', late: 'degraded', missed: 'degraded'};
const scheduleItem = ({name, trouble}) => ({
  key: `schedule:${name}`,
  who: name,
  kind: 'Schedule',
  href: scheduleHref(name),
  rank: {broken: 0.8, failing: 1, late: 3.4, missed: 3.6}[trouble.kind] ?? 3.6,
  tone: scheduleTones[trouble.kind] || 'degraded',
  what: trouble.kind,
  text: trouble.message,
  since: trouble.since,
  more: [],
  label: 'To do',
  lift: trouble.remedy || '',
  command: command(trouble.remedy || ''),
});

const hasFailed = rollout => Boolean(rollout) && ['RolledBack', 'Failed'].includes(rollout.state);
const rolledBack = () => [...state.instances.values()].filter(one => hasFailed(one.rollout));
// What is told of a rollout in one line.
const rolloutText = rollout => {
  if (!hasFailed(rollout) || !rollout.failure) return rollout.message;
  const good = rollout.state === 'RolledBack' && rollout.lastKnownGood;
  const instead = good ? `; ${good.unit}${good.revision ? ` of ${good.revision}` : ''} runs instead` : '';
  return `${rollout.revision.short} failed: ${rollout.failure.message}${instead}`;
};

const instanceItem = instance => {
  const {rollout} = instance;
  const base = {
    key: `instance:${instance.name}`,
    who: instance.name,
    href: `#/instances/${encodeURIComponent(instance.name)}`,
    more: []
  };
  if (hasFailed(rollout)) {
    const errors = (rollout.failure && rollout.failure.stderr) || [];
    return {
      ...base,
      rank: 0,
      tone: 'failed',
      what: spaced(rollout.state),
      text: rolloutText(rollout),
      since: rollout.startedAt,
      more: [...rollout.changes, rollout.obstacle, ...errors.slice(-3)].filter(Boolean),
      lift: rollout.remedy,
      label: 'Remedy',
      command: command(rollout.remedy) || `plumb retry ${instance.name}`,
    };
  }
  const waits = waiting(instance.name)[0];
  const lift = waits && (waits.lift || (waits.until ? 'by itself at that time' : ''));
  if (['failed', 'unhealthy', 'degraded', 'unknown'].includes(instance.health)) {
    return {
      ...base,
      rank: 0.5 + worse(instance.health) / 10,
      tone: instance.health,
      what: instance.health,
      text: instance.reason || `${instance.ready} ready`,
      lift,
      until: waits && waits.until,
      command: lift ? command(lift) : null,
    };
  }
  if (rollout && ['Progressing', 'Pending'].includes(rollout.state)) {
    return {
      ...base,
      rank: 4,
      tone: 'recovering',
      what: 'Rolling out',
      text: rollout.message,
      more: rollout.changes,
      since: rollout.startedAt,
      until: rollout.dueAt,
      lift: rollout.dueAt ? 'it has proved itself, or failed, by then' : '',
      label: 'Due',
    };
  }
  if (instance.suspended) {
    return {
      ...base,
      rank: 5,
      tone: 'info',
      what: 'Suspended',
      text: instance.reason || 'Its spec is not changed.',
      lift: `a commit that takes spec.suspend away at ${instance.declaredAt || 'its declaration'}`,
    };
  }
  if (instance.health === 'recovering' || instance.sync !== 'Synced') {
    return {
      ...base,
      rank: 4.5,
      tone: 'recovering',
      what: instance.sync !== 'Synced' ? 'Out of sync' : 'Recovering',
      text: instance.reason || `${instance.ready} ready`,
      lift,
      until: waits && waits.until
    };
  }
  const finding = instance.replicas.flatMap(
    replica => (replica.findings || []).map(found => ({...found, replica: replica.name})))[0];
  return finding ? {
    ...base,
    rank: 6,
    tone: 'degraded',
    what: spaced(finding.type),
    text: `${finding.replica}: ${finding.message}`
  }
                 : null;
};

const waiting = name =>
  ((state.head && state.head.waiting) || []).filter(one => one.replica.startsWith(`${name}/`));

const attentionShown = 8;
const attentionView = () => {
  const list = h('ul.attention');
  const title = h('h2', {id: 'attention'});
  const more = h('div');
  const section = h('section', {'aria-labelledby': 'attention'}, title, list, more);
  let isOpen = false;
  const update = () => {
    const items = attention();
    const shown = isOpen ? items.slice(0, 200) : items.slice(0, attentionShown);
    one(title, items.length,
      count => h('span', count ? `Needs a look` : 'All is well', count ? h('span.count', count) : null));
    section.classList.toggle('calm', items.length === 0);
    patch(list,
      items.length ? shown.map(item => ({...item, sign: JSON.stringify(item)}))
                   : [{key: 'calm', sign: 'calm'}],
      item => item.key === 'calm'
        ? h('li.calm', 'Nothing is held, rolled back, failing, suspended or on its way.')
        : attentionItem(item));
    one(more, [items.length, isOpen],
      () => items.length <= attentionShown
        ? h('span')
        : h('button.small', {
            type: 'button',
            'data-f': 'more',
            'aria-expanded': String(isOpen),
            onclick() {
              isOpen = !isOpen;
              update();
            }
          },
            isOpen ? 'Show the worst alone' : `Show ${items.length - attentionShown} more`));
  };
  return {section, update};
};
const attentionItem = item => h(`li.t-${item.tone}`,
  h('div.line', badge(item.tone, item.what), whoOf(item)),
  h('p.text', plainLines(item.text), item.since && h('span.faint.since', aged(item.since))),
  item.more.length > 0 && h('ul.details', item.more.slice(0, 6).map(
    line => h(item.isCode ? 'li.code' : 'li', plainLines(line)))),
  item.names && h('p.names',
    item.names.slice(0, 12).map(
      name => [h('a', {href: item.kind ? scheduleHref(name) : instanceHref(name)}, name), ' ']),
    item.names.length > 12 && h('span.faint', `and ${item.names.length - 12} more`)),
  (item.lift || item.command || item.until) && liftOf(item));
// On its own page an Instance needs no link to itself.
const whoOf = item => {
  if (item.href === null) return null;
  return item.href ? h('a.who', {href: item.href, 'data-f': item.key}, item.who) : h('span.who', item.who);
};
const liftOf = item => {
  // The command itself follows.
  const text = unquoted(item.lift || '').replace(item.command || '\u0000', '').trim();
  const needsBy = text && !/^(by|when|once) /.test(text);
  const how = needsBy ? `by ${text}` : text || (item.command ? 'by' : 'by itself');
  const label = item.label || 'Lifted';
  return h('div.lift', h('span.label', label), h('span', label === 'Lifted' ? how : text,
    item.until && [' · ', aged(item.until, 'until'), ` (${words.when(item.until)})`]),
  item.command && takeAlong(item.command, `command for ${item.who}`));
};
