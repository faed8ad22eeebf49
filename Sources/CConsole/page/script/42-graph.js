// Who depends on whom, as a picture: what is needed stands on the left of what needs it.
const graphMax = 200;
const nodeWidth = 176, nodeHeight = 40, gapX = 84, gapY = 16;

const layers = (names, edges) => {
  const needs =
    new Map(names.map(name => [name, edges.filter(edge => edge.from === name).map(edge => edge.to)]));
  const depth = new Map(), open = new Set();
  const visit = name => {
    if (depth.has(name)) return depth.get(name);
    // A circle is refused by validation; a picture of one must still end.
    if (open.has(name)) return 0;
    open.add(name);
    const found = Math.max(-1, ...needs.get(name).filter(one => needs.has(one)).map(visit)) + 1;
    open.delete(name);
    depth.set(name, found);
    return found;
  };
  names.forEach(visit);
  const rows = [];
  for (const name of names) (rows[depth.get(name)] = rows[depth.get(name)] || []).push(name);
  // Each goes to the mean place of its neighbours, to and fro, so that few lines cross.
  const place = new Map();
  rows.forEach(row => row.forEach((name, index) => place.set(name, index)));
  const mean = (name, side) => {
    const near =
      edges.filter(edge => edge[side] === name).map(edge => place.get(edge[side === 'from' ? 'to' : 'from']));
    return near.length ? near.reduce((a, b) => a + b, 0) / near.length : place.get(name);
  };
  for (let sweep = 0; sweep < 6; sweep += 1) {
    const side = sweep % 2 ? 'to' : 'from';
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      const means = new Map(row.map(name => [name, mean(name, side)]));
      row.sort((a, b) => means.get(a) - means.get(b) || (a < b ? -1 : 1));
      row.forEach((name, index) => place.set(name, index));
    }
  }
  return rows;
};

const graphPage = () => {
  const box = h('div');
  const update = () => {
    const instances = [...state.instances.values()];
    const sign = instances.map(one => [one.name, one.health, one.ready, one.dependsOn]);
    one(box, [sign, state.isWhole], () => graph(instances));
  };
  return {
    title: 'Dependencies',
    element: h('div', h('h1', 'Dependencies'), box),
    mount: update,
    changed(what) {
      if (what.has('instances') || what.has('picture')) update();
    },
  };
};
const graph = instances => {
  const edges = instances.flatMap(one => (one.dependsOn || []).map(need => ({
    from: one.name,
    to: need.instance,
    condition: need.condition,
    isRequired: need.required !== false
  })));
  const known = new Map(instances.map(one => [one.name, one]));
  const names = [...new Set(edges.flatMap(edge => [edge.from, edge.to]))].sort();
  if (!names.length) {
    return nothing('No Instance depends on another.', 'A dependency is declared like this:',
      takeAlong('spec:\n  dependsOn:\n    - {instance: db, condition: ready}', 'YAML'));
  }
  const text = table(['Instance', 'Health', 'Needs', 'To be', 'Required'],
    edges.map(
      edge => tr(h('th.name', {scope: 'row'}, h('a', {href: instanceHref(edge.from)}, edge.from)),
        known.has(edge.from) ? badge(known.get(edge.from).health) : '–',
        h('a', {href: instanceHref(edge.to)}, edge.to), edge.condition, edge.isRequired ? 'yes' : 'no')),
    'dependencies as a list');
  const alone = instances.length - names.filter(name => known.has(name)).length;
  const rest = alone
    ? h('p.faint',
        `${words.count(alone, 'Instance')} ${alone === 1 ? 'takes' : 'take'} part in no dependency.`)
    : null;
  if (names.length > graphMax) {
    return h('div',
      nothing(`A picture of ${names.length} Instances would show nothing.`, 'Here they are as a list.'), text,
      rest);
  }
  return h('div',
    h('div.graph', {tabindex: '0', role: 'region', 'aria-label': 'picture of the dependencies'},
      picture(names, edges, known)),
    rest, h('details', {open: names.length < 12}, h('summary', 'The same as a list'), text));
};
const picture = (names, edges, known) => {
  const rows = layers(names, edges);
  const tallest = Math.max(...rows.map(row => row.length));
  const spot = new Map();
  rows.forEach((row, column) => row.forEach((name, index) => spot.set(name, {
    x: 8 + column * (nodeWidth + gapX),
    y: 8 + (index + (tallest - row.length) / 2) * (nodeHeight + gapY),
  })));
  const width = 16 + rows.length * nodeWidth + (rows.length - 1) * gapX;
  const height = 16 + tallest * nodeHeight + (tallest - 1) * gapY;
  return svg('svg', {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'group',
    'aria-label': words.count(edges.length, 'dependency', 'dependencies')
  },
    svg('defs',
      svg('marker.tip', {
        id: 'tip',
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerWidth: 7,
        markerHeight: 7,
        orient: 'auto-start-reverse'
      },
        svg('path', {d: 'M0 0L8 4L0 8z'}))),
    edges.map(edge => {
      // From what is needed to what waits for it.
      const a = spot.get(edge.to), b = spot.get(edge.from);
      const x1 = a.x + nodeWidth, y1 = a.y + nodeHeight / 2, x2 = b.x, y2 = b.y + nodeHeight / 2;
      const bend = Math.max(30, (x2 - x1) / 2);
      return svg(`g.edge${edge.isRequired ? '' : '.weak'}`, {'aria-hidden': 'true'}, svg('path', {
        d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}`,
        'marker-end': 'url(#tip)'
      }),
        svg('text', {x: x2 - 8, y: y2 - 5, 'text-anchor': 'end'}, edge.condition));
    }),
    names.map(name => {
      const {x, y} = spot.get(name), instance = known.get(name),
                health = instance ? instance.health : 'unknown';
      const needs = edges.filter(edge => edge.from === name).map(edge => `${edge.to} ${edge.condition}`);
      return svg(`a.node.t-${health}`, {
        href: instanceHref(name),
        'data-f': `node:${name}`,
        'aria-label': `${name}, ${health}, ${instance ? `${instance.ready} ready` : 'not here'}${
          needs.length ? `, needs ${needs.join(', ')}` : ''}`
      },
        svg('rect', {x, y, width: nodeWidth, height: nodeHeight, rx: 4}),
        svg('rect.side', {x, y, width: 4, height: nodeHeight, rx: 2}),
        svg('text.title', {x: x + 14, y: y + 17}, name.length > 22 ? `${name.slice(0, 21)}…` : name),
        svg('text.sub', {x: x + 14, y: y + 31},
          `${shapes[health] || '○'} ${health}${instance ? ` ${instance.ready}` : ''}`));
    }));
};
