// Lines of a workload. Colours are kept, as classes; whatever else a terminal would obey is dropped, and what
// has no shape is shown as its code.
const ansi = (() => {
  const escapes =
    /\u001b(?:\[([0-9;:?<=>!]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])|\u009b([0-9;]*)([@-~])/g;
  const visible = text =>
    text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, c => {
      const code = c.charCodeAt(0);
      return code < 160 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
    });
  const apply = (style, codes) => {
    const numbers = codes === '' ? [0] : codes.split(/[;:]/).map(Number);
    for (let i = 0; i < numbers.length; i += 1) {
      const n = numbers[i];
      if (n === 0) {
        style.color = null;
        style.bold = false;
        style.dim = false;
        style.under = false;
      } else if (n === 1)
        style.bold = true;
      else if (n === 2)
        style.dim = true;
      else if (n === 4)
        style.under = true;
      else if (n === 22) {
        style.bold = false;
        style.dim = false;
      } else if (n === 24)
        style.under = false;
      else if (n >= 30 && n <= 37)
        style.color = n - 30;
      else if (n >= 90 && n <= 97)
        style.color = n - 90;
      else if (n === 39)
        style.color = null;
      else if (n === 38 || n === 48)
        i += numbers[i + 1] === 5 ? 2 : numbers[i + 1] === 2 ? 4 : 0;
    }
  };
  const classes = style => [style.color === null ? '' : `a${style.color}`,
    style.bold ? 'ab' : '',
    style.dim ? 'ad' : '',
    style.under ? 'au' : '',
  ].filter(Boolean).join(' ');

  return {
    plain(text) { return visible(text.replace(escapes, '')); },
    // Text nodes and spans for one line.
    nodes(text) {
      if (!/[\u001b\u009b]/.test(text)) return [visible(text)];
      const style = {color: null, bold: false, dim: false, under: false};
      const nodes = [];
      let from = 0;
      const push = part => {
        if (!part) return;
        const name = classes(style);
        nodes.push(name ? h('span', {class: name}, visible(part)) : visible(part));
      };
      for (const match of text.matchAll(escapes)) {
        push(text.slice(from, match.index));
        from = match.index + match[0].length;
        const final = match[2] || match[4];
        if (final === 'm') apply(style, match[1] || match[3] || '');
      }
      push(text.slice(from));
      return nodes;
    },
  };
})();
