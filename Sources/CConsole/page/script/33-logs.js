// The live log of one Instance: a stream of its own, open while it is looked at.
const logLinesMax = 5000;
const hiddenMax = 60000;
const chosen = {
  replica: '',
  stream: '',
  level: '',
  filter: '',
  wrap: true
};

const logsTab = name => {
  const list =
    h('div.log', {tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': `output of ${name}`});
  const told = h('p.log-state');
  const trouble = h('div');
  let lines = [], held = [], isPaused = false, tail = null, isFollowing = true, missedLines = 0, frame = 0,
      fresh = [], hidden = null, last = null;

  const address = () => {
    const query = new URLSearchParams({topics: 'logs', instance: name});
    if (chosen.replica !== '') query.set('replica', chosen.replica);
    if (chosen.stream) query.set('stream', chosen.stream);
    if (chosen.level) query.set('level', chosen.level);
    query.set('tail', '500');
    return `/v1/stream?${query}`;
  };
  const start = () => {
    if (tail) tail.close();
    lines = [];
    held = [];
    fresh = [];
    missedLines = 0;
    last = null;
    list.replaceChildren();
    one(trouble, null, () => h('span'));
    list.hidden = false;
    tail = stream({path: address(), on: heard, changed: connection});
    tail.open();
    say('connecting …');
  };
  const connection = (phase, why) => {
    if (phase === 'live') {
      say('live');
      list.replaceChildren();
      lines = [];
      fresh = [];
      last = null;
      return;
    }
    if (phase === 'down') {
      say(`disconnected since ${words.clock(words.now())}; it is tried again by itself`);
      return;
    }
    if (phase === 'denied') {
      setText(told, '');
      list.hidden = true;
      one(trouble, [why.status, why.message], () => refusedLogs(name, why));
    }
  };
  const heard = (event, data) => {
    if (event === 'missed') {
      missedLines += (data.topic === 'logs' ? data.count : data.lines) || 0;
      say('live');
      return;
    }
    if (!['log', 'gap', 'run'].includes(event)) return;
    const line = {...data, event};
    if (isPaused) {
      held.push(line);
      if (held.length > logLinesMax) {
        held.shift();
        missedLines += 1;
      }
      say('paused');
      return;
    }
    take(line);
  };
  const take = line => {
    // A long line comes in pieces.
    if (line.event === 'log' && line.offset > 0 && last && last.event === 'log' &&
      last.replica === line.replica && last.stream === line.stream && last.text.length < 65536) {
      last.text += line.line;
      if (last.element) last.element.replaceWith(last.element = lineElement(last));
      return;
    }
    line.text = line.event === 'log' ? line.line : '';
    last = line;
    lines.push(line);
    fresh.push(line);
    if (!frame) frame = document.hidden ? setTimeout(paint, 500) : requestAnimationFrame(paint);
  };
  const paint = () => {
    frame = 0;
    const part = document.createDocumentFragment();
    for (const line of fresh.slice(-logLinesMax)) part.append(line.element = lineElement(line));
    fresh = [];
    list.append(part);
    const over = lines.length - logLinesMax;
    if (over > 0)
      for (const line of lines.splice(0, over))
        if (line.element) line.element.remove();
    if (isFollowing) list.scrollTop = list.scrollHeight;
    say(isPaused ? 'paused' : 'live');
  };
  const matches = line => {
    if (!chosen.filter) return true;
    return `${line.replica} ${line.event === 'log' ? ansi.plain(line.text) : ''}`.toLowerCase().includes(
      chosen.filter.toLowerCase());
  };
  const lineElement = line => {
    const time = line.time || line.until;
    const when = h('span.time', {title: time ? words.full(time) : ''}, time ? words.millis(time) : '');
    const from = h('span.from', line.replica ? line.replica.slice(name.length) : '');
    if (line.event === 'gap')
      return h('div.entry.gap', when, from,
        h('span.text', `${words.bytes(line.lostBytes)} are in no log: ${line.reason}`));
    if (line.event === 'run') {
      return h('div.entry.run', when, from,
        h('span.text', line.what === 'ended' ? `ended: ${line.how || 'how is not known'}` : 'a run begins',
          line.runId ? h('span.faint', ` ${line.runId}`) : null));
    }
    const level = ['error', 'fatal', 'warn', 'warning'].includes(line.level)
      ? `.l-${line.level[0] === 'w' ? 'warn' : 'error'}`
      : '';
    return h(`div.entry.${line.stream === 'stderr' ? 'stderr' : 'stdout'}${level}`, {hidden: !matches(line)},
      when, from,
      h('span.text', ansi.nodes(line.text), line.complete === false ? h('span.faint', ' …') : null));
  };
  const say = now => {
    const shown = chosen.filter ? lines.filter(matches).length : lines.length;
    setText(told,
      [
        isPaused ? `paused, ${words.count(held.length, 'new line')}` : now,
        chosen.filter ? `${shown} of ${words.count(lines.length, 'line')} fit`
                      : words.count(lines.length, 'line'),
        missedLines ? `${missedLines} passed over` : '',
        lines.length >= logLinesMax ? `the newest ${logLinesMax}` : ''
      ].filter(Boolean)
        .join(' · '));
  };
  const pause = h('button', {
    type: 'button',
    'aria-pressed': 'false',
    onclick: () => {
      isPaused = !isPaused;
      pause.setAttribute('aria-pressed', String(isPaused));
      setText(pause, isPaused ? 'Go on' : 'Pause');
      if (!isPaused) {
        for (const line of held.splice(0)) take(line);
        isFollowing = true;
      }
      say('live');
    }
  },
    'Pause');
  const filter = h('input.search', {
    type: 'search',
    placeholder: 'Only lines with …',
    'aria-label': 'Filter lines',
    value: chosen.filter,
    spellcheck: 'false',
    oninput: () => {
      chosen.filter = filter.value;
      for (const line of lines)
        if (line.element && line.event === 'log') line.element.hidden = !matches(line);
      if (isFollowing) list.scrollTop = list.scrollHeight;
      say('live');
    },
  });
  const select = (label, key, options) => {
    const element = h('select', {
      'aria-label': label,
      onchange: () => {
        chosen[key] = element.value;
        start();
      }
    },
      options.map(([value, text]) => h('option', {value, selected: value === chosen[key]}, text)));
    return element;
  };
  const instance = state.instances.get(name);
  const indexes = [...new Set((instance ? instance.replicas : []).map(replica => replica.index))];
  if (chosen.replica !== '' && !indexes.includes(Number(chosen.replica))) chosen.replica = '';
  const wrap = h('button', {
    type: 'button',
    'aria-pressed': String(chosen.wrap),
    onclick: () => {
      chosen.wrap = !chosen.wrap;
      wrap.setAttribute('aria-pressed', String(chosen.wrap));
      list.classList.toggle('nowrap', !chosen.wrap);
    }
  },
    'Wrap');
  list.classList.toggle('nowrap', !chosen.wrap);
  list.addEventListener('scroll', () => {
    isFollowing = list.scrollTop + list.clientHeight > list.scrollHeight - 30;
  });
  // A tab that nobody looks at needs no log.
  const visibility = () => {
    clearTimeout(hidden);
    if (document.hidden)
      hidden = setTimeout(() => {
        if (tail) {
          tail.close();
          tail = null;
        }
      }, hiddenMax);
    else if (!tail)
      start();
  };
  const replicas = [['', 'all replicas'], ...indexes.map(index => [String(index), `${name}/${index}`])];
  const streams = [['', 'stdout and stderr'], ['stdout', 'stdout'], ['stderr', 'stderr']];
  const levels = [
    ['', 'every level'], ['debug', 'debug and above'], ['info', 'info and above'],
    ['warn', 'warnings and above'], ['error', 'errors'],
  ];
  const selects = h('div.selects', select('Replica', 'replica', replicas),
    select('Stream', 'stream', streams), select('Least level', 'level', levels), pause, wrap);
  return {
    element: h('div.logs', h('div.toolbar', filter, selects, told), trouble, list),
    mount() {
      start();
      document.addEventListener('visibilitychange', visibility);
    },
    unmount() {
      if (tail) tail.close();
      clearTimeout(hidden);
      document.removeEventListener('visibilitychange', visibility);
    },
    search() { filter.focus(); },
    key(event) {
      const isMine = event.key === ' ' && event.target === list;
      if (isMine) pause.click();
      return isMine;
    },
  };
};
const refusedLogs = (name, error) => {
  if (error.status === 404) return nothing('There is no output.', error.message);
  return h('div.panel', h('h2', 'What runs write is not shown to everybody'), h('p', error.message),
    h('p', 'On the host, root and the group plumb read it with:'),
    takeAlong(`plumb logs -f ${name}`, 'command'),
    h('p', 'Here it is shown to a token with the scope ', mono('logs'),
      '; or, where everybody who reaches this address may read it, with this in the host’s agent.yaml:'),
    takeAlong('status:\n  anonymous: [status, metrics, logs]', 'setting'), h('p', 'A token:'), tokenSwitch());
};
const tokenSwitch = () => {
  const input = h('input', {type: 'password', 'aria-label': 'Token', autocomplete: 'off', size: '34'});
  return h('p', input, ' ',
    h('button', {
      type: 'button',
      onclick() {
        keep.set(sessionStorage, 'plumb.token', input.value.trim() || null);
        live.start();
        route(true);
      }
    },
      'Use it in this tab'));
};
