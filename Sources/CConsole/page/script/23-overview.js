// The first page: what is wrong, then everything.
const toolbar = onChange => {
  const search = h('input.search', {
    type: 'search',
    id: 'search',
    placeholder: 'Name, label, unit, reason …',
    'aria-label': 'Search Instances',
    value: wanted.text,
    spellcheck: 'false',
    autocomplete: 'off',
    oninput: () => {
      wanted.text = search.value;
      onChange();
    },
    onkeydown: event => {
      if (event.key === 'Escape' && search.value) {
        search.value = '';
        wanted.text = '';
        onChange();
        event.stopPropagation();
      }
    },
  });
  const chips = h('div.chips', {role: 'group', 'aria-label': 'Health'});
  const phase = h('select', {
    'aria-label': 'Phase',
    onchange: () => {
      wanted.phase = phase.value;
      onChange();
    }
  });
  const label = h('select', {
    'aria-label': 'Label',
    onchange: () => {
      wanted.label = label.value;
      onChange();
    }
  });
  const group = h('select', {
    'aria-label': 'Group by',
    onchange: () => {
      wanted.group = group.value;
      onChange();
    }
  });
  const options = (select, list, value) => {
    patch(select, list.map(([key, text]) => ({key, text, sign: text})),
      ({key, text}) => h('option', {value: key}, text));
    if (select.value !== value) select.value = value;
  };
  const update = () => {
    const health = new Map(), phases = new Map(), labels = new Map(), keys = new Set();
    for (const instance of state.instances.values()) {
      health.set(instance.health, (health.get(instance.health) || 0) + 1);
      for (const one of new Set(instance.replicas.map(replica => replica.phase)))
        phases.set(one, (phases.get(one) || 0) + 1);
      for (const [key, value] of Object.entries(instance.labels)) {
        keys.add(key);
        labels.set(`${key}=${value}`, (labels.get(`${key}=${value}`) || 0) + 1);
      }
    }
    patch(chips, order.filter(one => health.has(one) || wanted.health.has(one)).map(one => ({
      key: one,
      count: health.get(one) || 0,
      sign: `${health.get(one)} ${wanted.health.has(one)}`,
    })),
      ({key, count}) => h(`button.chip.t-${key}`, {
        type: 'button',
        'aria-pressed': String(wanted.health.has(key)),
        'data-f': `chip:${key}`,
        onclick() {
          if (!wanted.health.delete(key)) wanted.health.add(key);
          onChange();
        },
      },
        h('span.shape', {'aria-hidden': 'true'}, shapes[key]), `${key} `, h('b', count)));
    options(phase,
      [['', 'any phase'], ...[...phases].sort().map(([key, count]) => [key, `${key} (${count})`])],
      wanted.phase);
    options(label,
      [
        ['', 'any label'],
        ...[...labels].sort().slice(0, 200).map(([key, count]) => [key, `${key} (${count})`])
      ],
      wanted.label);
    options(group,
      [
        ['', 'no groups'], ['health', 'by health'], ['unit', 'by Unit'],
        ...[...keys].sort().slice(0, 30).map(key => [`=${key}`, `by label ${key}`])
      ],
      wanted.group);
    if (document.activeElement !== search && search.value !== wanted.text) search.value = wanted.text;
  };
  return {
    element: h('div.toolbar', search, chips, h('div.selects', phase, label, group)),
    update,
    focus() {
      search.focus();
      search.select();
    }
  };
};

const overview = () => {
  const top = banner(), look = attentionView(), table = instancesTable();
  const all = () => {
    tools.update();
    table.update();
  };
  const tools = toolbar(all);
  return {
    title: '',
    element: h('div.overview', h('h1.hidden', 'Overview'), top.section, look.section,
      h('section', {'aria-labelledby': 'instances'}, h('h2', {id: 'instances'}, 'Instances'), tools.element,
        table.element)),
    mount() {
      table.mount();
      top.update();
      look.update();
      all();
    },
    unmount() { table.unmount(); },
    changed(what) {
      if (what.has('schedules') && !what.has('head')) look.update();
      if (what.has('head') || what.has('instances') || what.has('picture')) {
        top.update();
        look.update();
        all();
      } else if (what.has('wanted'))
        all();
      else if (what.has('usage')) {
        if (['cpu', 'memory'].includes(wanted.sort))
          all();
        else
          table.usage();
      }
    },
    search: tools.focus,
    step: table.step,
  };
};
