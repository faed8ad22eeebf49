// Which revisions were seen, what became of them, and how long each step took.
const revisionTones = {
  accepted: 'healthy',
  unchanged: 'healthy',
  invalid: 'failed',
  rejected: 'failed',
  held: 'degraded',
  superseded: 'info',
  rewound: 'failed'
};
const revisionsPage = commit => {
  const top = banner();
  const list = fetched('/v1/revisions?limit=200',
    document => document.items.length
      ? table(['Revision', 'Subject', 'Author', 'Signer', 'Outcome', 'Seen'], document.items.map(item => {
          const {revision} = item;
          return h('tr', {class: revision.commit === commit ? 'chosen' : null}, [
            chip(revision),
            h('span', revision.subject,
              item.message && item.message !== revision.subject
                ? h('div.faint.message', ansi.plain(item.message))
                : null),
            h('span', {title: revision.author}, who(revision)),
            revision.signer ? h('span', {title: revision.signer.key}, revision.signer.principal)
                            : h('span.faint', '–'),
            badge(revisionTones[item.outcome] || 'info', item.outcome), aged(item.at)
          ].map(one => h('td', one)));
        }),
          'revisions')
      : nothing('No revision has been seen yet.'));
  const trace = commit ? fetched(at('v1', 'revisions', commit, 'trace'), traceView, {
    instead: error => nothing('How long it took is not known any more.', error.message),
  })
                       : null;
  return {
    title: commit ? `Revision ${commit.slice(0, 7)}` : 'Revisions',
    element: h('div', top.section,
      trace ? h('section', h('h1', 'Revision ', mono(commit.slice(0, 12))), trace.element,
                takeAlong(`git show ${commit.slice(0, 12)}`, 'command'))
            : null,
      h(trace ? 'h2' : 'h1', 'Revisions'), list.element),
    mount() {
      top.update();
      list.mount();
      if (trace) trace.mount();
    },
    unmount() {
      list.unmount();
      if (trace) trace.unmount();
    },
    changed(what) {
      if (what.has('head') || what.has('picture')) {
        top.update();
        list.soon();
        if (trace) trace.soon();
      }
    },
  };
};
const traceView = document => {
  const {stages, revision} = document;
  const total = Math.max(0.000001, ...stages.map(stage => stage.sinceFirst));
  return h('div', h('p.subject', revision.subject),
    h('p.meta', h('span', revision.author), h('span', revision.ref),
      h('span', words.full(revision.committedAt)),
      document.outcome ? badge(revisionTones[document.outcome] || 'info', document.outcome) : null,
      h('span', `touched ${words.count(document.instances, 'Instance')}`),
      document.supersededBy ? h('span', 'superseded by ', chip(document.supersededBy)) : null),
    table(
      [
        'Stage', 'At', {text: 'After the one before', number: true}, {text: 'Since the first', number: true},
        'Share'
      ],
      stages.map(
        stage => tr(h('th.name', {scope: 'row'}, spaced(stage.stage).toLowerCase()), words.millis(stage.at),
          h('td.num', words.exact(stage.sinceLast)), h('td.num', words.exact(stage.sinceFirst)),
          svg('svg.share', {viewBox: '0 0 200 10', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
            svg('rect', {
              x: ((stage.sinceFirst - stage.sinceLast) / total * 200).toFixed(2),
              y: 1,
              height: 8,
              width: Math.max(1, stage.sinceLast / total * 200).toFixed(2),
            })))),
      'stages'));
};
