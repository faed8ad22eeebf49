// Which revision is in force, who made it, and whether it is what the ref says.
const who = revision => revision.author.replace(/ <[^>]*>$/, '');
const chip = revision => h('a.rev', {
  href: `#/revisions/${revision.commit}`,
  title: revision.commit,
  'data-f': `rev:${revision.commit}`,
},
  revision.short);

const banner = () => {
  const box = h('section.banner', {'aria-label': 'Revision'});
  const update = () => {
    const {head} = state;
    if (!head) {
      one(box, null, () => h('p.faint', 'Waiting for the agent …'));
      return;
    }
    const {source, summary, conditions, schedules} = head;
    const accepted = source.accepted;
    const differs = source.seen && accepted && source.seen.commit !== accepted.commit;
    const on = type => conditions.find(one => one.type === type && one.status);
    const gate = ['Invalid', 'Rejected', 'SourceRewound', 'SourceStale', 'Held'].find(on);
    const isBack = rolledBack().length > 0;
    const isSynced = summary.synced === summary.instances;
    let [tone, word] = isSynced ? ['healthy', 'Synced'] : ['recovering', 'Syncing'];
    if (isBack) [tone, word] = ['failed', 'Rolled back'];
    if (gate) [tone, word] = [['Held', 'SourceStale'].includes(gate) ? 'degraded' : 'failed', spaced(gate)];
    if (!accepted) [tone, word] = ['unknown', 'No revision yet'];
    box.dataset.tone = tone;
    one(box, [source, summary, word, schedules && [schedules.total, schedules.inTrouble]],
      () => h('div.banner-in', h('div.sync', badge(tone, word)),
        h('div.what',
          accepted
            ? h('p.subject', chip(accepted), h('span.message', {title: accepted.subject}, accepted.subject))
            : h('p.subject', h('span.message', `Nothing is accepted from ${source.repository} yet.`)),
          accepted ? h('p.meta', h('span', {title: accepted.author}, who(accepted)),
                       accepted.signer
                         ? h('span', {title: accepted.signer.key}, `signed by ${accepted.signer.principal}`)
                         : h('span.faint', 'signature not asked for'),
                       h('span', 'accepted ', aged(accepted.acceptedAt || accepted.committedAt)),
                       h('span.path', {title: source.repository}, source.repository,
                         source.path === '/' ? '' : ` ${source.path}`))
                                                  : null,
          differs ? h('p.seen', h('span.label', source.ref || 'ref'), ' names ', chip(source.seen), ' ',
                      h('span.message', source.seen.subject),
                      h('span.faint', ` by ${who(source.seen)}: not in force`))
                  : null),
        h('dl.tally',
          tally(
            'Instances synced', `${summary.synced}/${summary.instances}`, summary.synced < summary.instances),
          tally('replicas ready', `${summary.ready}/${summary.desired}`, summary.ready < summary.desired),
          schedules && tally('Schedules well', `${schedules.total - schedules.inTrouble}/${schedules.total}`,
            schedules.inTrouble > 0))));
  };
  return {section: box, update};
};
const tally = (label, value, isShort) =>
  h('div', {class: isShort ? 'short' : null}, h('dt', label), h('dd', value));
