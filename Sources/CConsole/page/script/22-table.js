// All Instances. Up to so many rows are simply there, and the browser's own search finds them; beyond, only
// those that are near the window are elements.
const rowsPlain = 200;
const rowsBeyond = 12;

const byItsName = one => one.name;
// `down`: its order begins with the most.
const columns = [
  {id: 'name', title: 'Instance', order: byItsName},
  {id: 'health', title: 'Health', order: one => worse(one.health)},
  {id: 'sync', title: 'Sync', order: one => one.sync === 'Synced' ? 1 : 0},
  {
    id: 'ready',
    title: 'Ready',
    number: true,
    order: one => one.desiredReplicas ? one.readyReplicas / one.desiredReplicas : 1
  },
  {id: 'restarts', down: true, title: 'Restarts', number: true, order: one => -restarts(one)},
  {id: 'cpu', down: true, title: 'CPU', number: true, order: one => -(used(one).cpu || 0)},
  {id: 'memory', down: true, title: 'Memory', number: true, order: one => -(used(one).memory || 0)},
  {id: 'up', title: 'Up', number: true, order: one => upSince(one) ? -Date.parse(upSince(one)) : 1},
  {id: 'reason', title: 'Reason', order: one => one.reason || '\uffff'},
];

// What is looked for stays while one goes from page to page.
const wanted = {
  text: '',
  health: new Set(),
  phase: '',
  label: '',
  group: '',
  sort: 'worst',
  reverse: false
};

const fits = instance => {
  if (wanted.health.size && !wanted.health.has(instance.health)) return false;
  if (wanted.phase && !instance.replicas.some(replica => replica.phase === wanted.phase)) return false;
  if (wanted.label) {
    const [key, value] = wanted.label.split('=');
    if (instance.labels[key] === undefined || (value !== undefined && instance.labels[key] !== value))
      return false;
  }
  if (!wanted.text) return true;
  const text = [
    instance.name, instance.unit, instance.health, instance.sync, instance.reason, instance.declaredAt,
    ...Object.entries(instance.labels).map(([key, value]) => `${key}=${value}`)
  ].join(' ').toLowerCase();
  return wanted.text.toLowerCase().split(/\s+/).every(word => text.includes(word));
};
// web2 before web10, as a person counts.
const byName = new Intl.Collator('en', {numeric: true}).compare;
const badness = instance => {
  const rollout = hasFailed(instance.rollout) ? 0 : 1;
  return rollout * 100 + worse(instance.health) * 10 + (instance.sync === 'Synced' ? 1 : 0);
};
const sorted = list => {
  const column = columns.find(one => one.id === wanted.sort);
  const key = column ? column.order : badness;
  const sign = wanted.reverse ? -1 : 1;
  const keyed = list.map(one => [key(one), one]);
  const compare = key === byItsName ? byName : (a, b) => a < b ? -1 : a > b ? 1 : 0;
  keyed.sort(([a, x], [b, y]) => sign * compare(a, b) || byName(x.name, y.name));
  return keyed.map(([, one]) => one);
};
const groupOf = instance => {
  switch (wanted.group) {
    case '':
      return '';
    case 'health':
      return instance.health;
    case 'unit':
      return instance.unit || 'no Unit';
    default: {
      const value = instance.labels[wanted.group.slice(1)];
      return value === undefined ? `without ${wanted.group.slice(1)}` : `${wanted.group.slice(1)}=${value}`;
    }
  }
};

const cell = (className, ...kids) => h(`td.${className}`, {role: 'cell'}, kids);
const row = instance => {
  const parts = {
    health: cell('health'),
    sync: cell('sync'),
    ready: cell('ready.num'),
    restarts: cell('restarts.num'),
    cpu: cell('cpu.num'),
    memory: cell('memory.num'),
    up: cell('up.num'),
    reason: cell('reason'),
    unit: h('span.unit'),
  };
  const link = h('a', {
    href: `#/instances/${encodeURIComponent(instance.name)}`,
    'data-f': `row:${instance.name}`,
    title: instance.name
  },
    instance.name);
  const element = h('tr', {role: 'row'}, h('th.name', {scope: 'row', role: 'rowheader'}, link, parts.unit),
    parts.health, parts.sync, parts.ready, parts.restarts, parts.cpu, parts.memory, parts.up, parts.reason);
  element.addEventListener('click', event => {
    if (!event.target.closest('a') && !String(getSelection())) link.click();
  });
  return {element, parts, link};
};
const showRow = (kept, instance) => {
  if (kept.shown !== instance) {
    const {parts} = kept;
    kept.shown = instance;
    setText(parts.unit,
      instance.unit.startsWith(`${instance.name}@`) ? instance.unit.slice(instance.name.length)
                                                    : instance.unit);
    parts.health.replaceChildren(badge(instance.health));
    parts.sync.replaceChildren(
      instance.sync === 'Synced' ? h('span.faint', 'synced') : badge('recovering', 'out of sync'));
    setText(parts.ready, instance.ready);
    parts.ready.classList.toggle('short', instance.readyReplicas < instance.desiredReplicas);
    const count = restarts(instance);
    setText(parts.restarts, String(count));
    parts.restarts.classList.toggle('some', count > 0);
    parts.up.replaceChildren(upSince(instance) ? aged(upSince(instance), 'up') : h('span.faint', '–'));
    const {rollout} = instance;
    const why = rollout && rollout.state !== 'Proving' ? rolloutText(rollout) : instance.reason;
    setText(parts.reason, ansi.plain(brief(why || '')));
    parts.reason.title = why || '';
    kept.element.className = `t-${instance.health}${why ? ' told' : ''}`;
  }
  showUsage(kept, instance);
};
const showUsage = (kept, instance) => {
  const use = used(instance);
  const sign = `${use.cpu} ${use.memory} ${use.cpus.length} ${use.cpus[0]}`;
  if (kept.usage === sign) return;
  kept.usage = sign;
  kept.parts.cpu.replaceChildren(spark(use.cpus, 'CPU of the last minutes'), h('span', words.cores(use.cpu)));
  kept.parts.memory.replaceChildren(
    spark(use.memories, 'memory of the last minutes'), h('span', words.bytes(use.memory)));
};

const instancesTable = () => {
  const rows = new Map();
  const head = h('tr', {role: 'row'});
  const body = h('tbody', {role: 'rowgroup'});
  const table = h('table.instances', {role: 'table', 'aria-labelledby': 'instances'},
    h('thead', {role: 'rowgroup'}, head), body);
  const none = h('div');
  const foot = h('p.faint.foot', sparkNote);
  const above = h('tr.space', {'aria-hidden': 'true'}, h('td', {colspan: columns.length}));
  const below = h('tr.space', {'aria-hidden': 'true'}, h('td', {colspan: columns.length}));
  let lines = [], height = 0;

  const showHead = () => patch(head, columns.map(column => ({
    key: column.id,
    column,
    sign: `${wanted.sort === column.id} ${wanted.reverse}`,
  })),
    ({column}) => {
      const isSorted = wanted.sort === column.id;
      const isDown = Boolean(column.down) !== wanted.reverse;
      return h(`th.${column.id}${column.number ? '.num' : ''}`, {
        scope: 'col',
        role: 'columnheader',
        'aria-sort': isSorted ? (isDown ? 'descending' : 'ascending') : 'none',
      },
        h('button.head', {
          type: 'button',
          'data-f': `sort:${column.id}`,
          onclick() {
            if (wanted.sort !== column.id) {
              wanted.sort = column.id;
              wanted.reverse = false;
            } else if (!wanted.reverse)
              wanted.reverse = true;
            else {
              wanted.sort = 'worst';
              wanted.reverse = false;
            }
            update();
          }
        },
          column.title,
          isSorted ? h('span.arrow', {'aria-hidden': 'true'}, isDown ? ' ↓' : ' ↑') : null));
    });

  // Lines are groups' titles and Instances; which of them become elements is decided by where the window is.
  const lay = () => {
    const list = sorted([...state.instances.values()].filter(fits));
    if (!wanted.group) return list.map(instance => ({instance}));
    const groups = new Map();
    for (const instance of list) {
      const name = groupOf(instance);
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(instance);
    }
    return [...groups].flatMap(
      ([name, members]) => [{group: name, members}, ...members.map(instance => ({instance}))]);
  };
  const paint = () => {
    let from = 0, to = lines.length;
    if (lines.length > rowsPlain) {
      if (!height) height = measured();
      const top = body.getBoundingClientRect().top;
      from = Math.max(0, Math.floor(-top / height) - rowsBeyond);
      to = Math.min(lines.length, Math.ceil((innerHeight - top) / height) + rowsBeyond);
      if (to < from) {
        from = 0;
        to = rowsBeyond * 4;
      }
    }
    above.style.height = `${from * height}px`;
    below.style.height = `${(lines.length - to) * height}px`;
    const shown = [];
    for (let index = from; index < to; index += 1) {
      const line = lines[index];
      if (line.group !== undefined) {
        shown.push(groupRow(line));
        continue;
      }
      let kept = rows.get(line.instance.name);
      if (!kept) {
        kept = row(line.instance);
        rows.set(line.instance.name, kept);
      }
      showRow(kept, line.instance);
      setAttr(kept.element, 'aria-rowindex', String(index + 2));
      shown.push(kept.element);
    }
    place([above, ...shown, below]);
    if (rows.size > rowsPlain * 3)
      for (const [name, kept] of rows)
        if (!kept.element.isConnected) rows.delete(name);
  };
  // Only what moved is moved: an element that stays where it is keeps the focus.
  const place = elements => {
    const keepers = new Set(elements);
    for (const child of [...body.children])
      if (!keepers.has(child)) child.remove();
    let next = body.firstChild;
    for (const element of elements) {
      if (element === next)
        next = next.nextSibling;
      else
        body.insertBefore(element, next);
    }
  };
  const groupRow = ({group, members}) => {
    const ill = members.filter(one => one.health !== 'healthy').length;
    return h('tr.group', {role: 'row'},
      h('th', {colspan: columns.length, scope: 'rowgroup', role: 'rowheader'}, group,
        h('span.count', members.length), ill ? h('span.ill', `${ill} not healthy`) : null));
  };
  const measured = () => {
    const first = lines.find(line => line.instance);
    const probe = row(first.instance);
    showRow(probe, first.instance);
    body.append(probe.element);
    const {height: found} = probe.element.getBoundingClientRect();
    probe.element.remove();
    return found || 30;
  };

  const noRows = ([isEmpty, isBare, isWhole]) => {
    if (!isEmpty) return h('span');
    if (!isWhole) return nothing('Waiting for the agent …');
    const all = () => h('button', {type: 'button', onclick: reset}, 'Show all');
    if (!isBare) return nothing('No Instance fits.', all());
    return nothing('No Instance is declared for this host.',
      'Commit a Unit and an Instance to the watched repository; ', mono('plumb explain instance'),
      ' lists the fields.');
  };
  const update = () => {
    showHead();
    lines = lay();
    table.setAttribute('aria-rowcount', String(lines.length + 1));
    paint();
    table.hidden = foot.hidden = lines.length === 0;
    one(none, [lines.length === 0, state.instances.size === 0, state.isWhole], noRows);
  };
  const reset = () => {
    Object.assign(wanted, {text: '', phase: '', label: ''});
    wanted.health.clear();
    touch('wanted');
  };
  const scrolled = () => {
    if (lines.length > rowsPlain) paint();
  };
  const resized = () => {
    height = 0;
    paint();
  };
  return {
    element: h('div', h('div.wide', table), foot, none),
    update,
    usage() {
      for (const kept of rows.values())
        if (kept.element.isConnected && kept.shown) showUsage(kept, kept.shown);
    },
    mount() {
      addEventListener('scroll', scrolled, {passive: true});
      addEventListener('resize', resized);
    },
    unmount() {
      removeEventListener('scroll', scrolled);
      removeEventListener('resize', resized);
    },
    // Up and down among the rows that are there.
    step(by) {
      const links = [...body.querySelectorAll('th.name a')];
      const now = links.indexOf(document.activeElement);
      const next = links[now < 0 ? 0 : Math.max(0, Math.min(links.length - 1, now + by))];
      if (next) {
        next.focus();
        next.scrollIntoView({block: 'nearest'});
      }
    },
  };
};
