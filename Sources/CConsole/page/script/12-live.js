// The one stream that the page lives from.
const live = {
  stream: null,
  start() {
    if (live.stream) live.stream.close();
    live.stream = stream({
      path: '/v1/stream?topics=status,events,usage&history=500',
      on(name, data) {
        if (receive[name]) receive[name](data);
        if (name === 'bye') state.connection.reason = data.reason;
      },
      changed: live.changed,
    });
    live.changed('connecting');
    live.stream.open();
  },
  // `heard` is when the last byte came.
  changed(phase, trouble, next = 0, heard = Date.now()) {
    const connection = state.connection;
    const was = connection.phase;
    connection.trouble = trouble || null;
    connection.next = next;
    connection.phase = phase;
    if (was !== phase) connection.since = was === 'live' ? heard : Date.now();
    if (phase === 'live') connection.reason = '';
    touch('connection');
  },
};
addEventListener('online', () => live.stream && live.stream.retry());
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  tick();
  if (live.stream) live.stream.retry();
});

const isStale = () => state.isWhole && state.connection.phase !== 'live';

// The bar below the header: nothing while all is well.
const showConnection = () => {
  const {phase, since, next, trouble, reason} = state.connection;
  const box = document.getElementById('link-state');
  const stale = isStale();
  document.documentElement.toggleAttribute('data-stale', stale);
  const from = new Date(since).toISOString();
  const missed = phase === 'live' && state.missed;
  one(box, [phase, stale, since, next, trouble && trouble.message, reason, missed && missed.at], () => {
    if (phase === 'denied' && [401, 403].includes(trouble.status)) return tokenForm(trouble);
    if (phase === 'denied')
      return h(
        'div.bar.bad', h('p', h('strong', 'The agent refuses the stream. '), trouble.message), again());
    if (missed) {
      return h('div.bar.warn',
        h('p', h('strong', 'This page read too slowly. '),
          `${words.count(missed.count, 'event')} did not reach it; they are kept: `,
          mono(missed.read || '/v1/events')),
        h('button.small', {
          type: 'button',
          onclick() {
            state.missed = null;
            touch('connection');
          }
        },
          'Dismiss'));
    }
    if (phase !== 'down') return h('div');
    const silence = reason === 'ending' ? 'The agent ended.' : 'The agent does not answer.';
    const why = trouble instanceof Problem && trouble.status ? trouble.message : silence;
    const old = stale && [
      'Everything below is from ', h('strong', words.clock(since)), silent(' (', aged(from), ')'),
      ', and what runs goes on without the agent. ',
    ];
    return h('div.bar.bad',
      h('p', h('strong', stale ? 'Disconnected. ' : 'Not connected. '), why, ' ',
        old,
        next ? silent('Next try ', aged(new Date(next + words.skew).toISOString(), 'until'), '.') : null),
      again());
  });
};
// What counts seconds is not read aloud each second.
const silent = (...kids) => h('span', {'aria-hidden': 'true'}, kids);
const again = () => h('button.small', {
  type: 'button',
  'data-f': 'again',
  onclick: () => {
    if (state.connection.phase === 'denied')
      live.start();
    else
      live.stream.retry();
  }
},
  'Try now');

// Only where the agent asks for a token.
const tokenForm = trouble => {
  const input = h('input', {
    type: 'password',
    id: 'token',
    autocomplete: 'off',
    spellcheck: 'false',
    'data-f': 'token',
    size: '34',
    onkeydown: event => {
      if (event.key === 'Enter') give();
    },
  });
  const give = () => {
    keep.set(sessionStorage, 'plumb.token', input.value.trim() || null);
    live.start();
  };
  return h('div.bar.ask',
    h('p', h('strong', token() ? 'This token is not enough. ' : 'This agent asks for a token. '),
      trouble.message),
    h('label',
      { for: 'token'
      },
      'Token'),
    input, h('button', {type: 'button', onclick: give}, 'Connect'),
    h('p.faint', 'It is kept until this tab is closed, and sent to this agent alone.'));
};
