// Run twice round a picture of one frame: {phase: 'cover'} hides secrets under opaque boxes and stills animations,
// {phase: 'release'} removes what was added and says whether a secret had appeared, or moved out from under its box,
// in between. Both return what is needed to read the picture: address, sizes, scroll, and how much was hidden.
// A page with nothing to hide or to still is not touched: touching it would make the browser paint it again.
({ phase, mask, patterns, passwords }) => {
  const MARK = 'data-handlens-still', HTML = 'http://www.w3.org/1999/xhtml';
  const UNSEEN = /[\u00ad\u200b-\u200d\u2060\ufeff]/g; // soft hyphens and spaces of no width
  const before = document.querySelector(`div[${MARK}]`);
  const covered = before ? JSON.parse(before.getAttribute(MARK)) : [];

  const boxes = [], owners = new Set();
  const escaped = mask.map(text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp([...escaped, ...patterns].map(p => `(?:${p})`).join('|') || '(?!)', 'g');
  // The same without word borders: where it finds nothing in all the text put together, there is nothing to find.
  const suspicion = new RegExp(pattern.source.replaceAll('\\b', ''));
  const roots = [document];
  for (const root of roots)
    for (const element of root.querySelectorAll('*')) if (element.shadowRoot) roots.push(element.shadowRoot);
  roots.forEach(search);

  document.querySelectorAll(`[${MARK}]`).forEach(element => element.remove());
  document.querySelectorAll(`[${MARK}-unseen]`).forEach(reveal);
  if (phase === 'cover') {
    if (moves()) still();
    if (boxes.length) cover();
  }
  const page = document.scrollingElement || document.documentElement;
  return {
    url: location.href, title: document.title, hidden: boxes.length,
    exposed: phase === 'release' && boxes.some(b => !covered.some(c => inside(b, c))),
    width: innerWidth, height: innerHeight, pageWidth: page.scrollWidth, pageHeight: page.scrollHeight,
    scrollX, scrollY, devicePixelRatio,
    pictures: pictures(),
  };

  function add(rectangles, owner) {
    for (const r of rectangles) if (r.width > 0 && r.height > 0) {
      boxes.push([r.left - 1, r.top - 1, r.width + 2, r.height + 2]);
      owners.add(owner);
    }
  }

  function inside([x, y, w, h], [X, Y, W, H]) {
    return x >= X - 1 && y >= Y - 1 && x + w <= X + W + 1 && y + h <= Y + H + 1;
  }

  function search(root) {
    for (const field of root.querySelectorAll(passwords)) add([field.getBoundingClientRect()], field);
    for (const selector of mask) {
      let found = [];
      try { found = root.querySelectorAll(selector); } catch { /* a text, not a selector */ }
      for (const element of found) add(element.getClientRects(), element);
    }
    for (const field of root.querySelectorAll('input, textarea, select'))
      if (has(shownBy(field))) add([field.getBoundingClientRect()], field);
    for (const image of root.querySelectorAll('img[alt]'))
      if (!image.naturalWidth && has(image.alt)) add(image.getClientRects(), image);
    if (suspicion.test(readable((root.body || root.documentElement || root).textContent))) searchText(root);
  }

  function has(text) {
    pattern.lastIndex = 0;
    return pattern.test(text);
  }

  function shownBy(field) {
    if (field.localName !== 'select') return field.value || field.placeholder || '';
    const options = field.multiple || field.size > 1 ? field.options : field.selectedOptions;
    return [...options].map(option => option.label).join('\n');
  }

  // A secret may run over several text nodes (<b>AKIA</b>IOSF…), so each block is searched as one string.
  function searchText(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    let block = null, text = '', nodes = [];
    const flush = () => {
      if (text.length > 3) for (const [from, to] of secretsIn(text, new Set(nodes.map(([start]) => start)))) addRange(nodes, from, to);
      text = '';
      nodes = [];
    };
    for (let node; (node = walker.nextNode()); ) {
      const parent = node.parentElement;
      if (!parent || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(parent.tagName)) continue;
      const owner = blockOf(parent);
      if (owner !== block) flush(), (block = owner);
      nodes.push([text.length, node]);
      text += readable(node.data);
    }
    flush();
  }

  // Where secrets are in a block's text. What stands apart on the page may touch in it (KeyAKIA…Copy): a word may also
  // begin and end where a text node does.
  function secretsIn(text, starts) {
    const found = [];
    pattern.lastIndex = 0;
    for (let match; (match = pattern.exec(text)); ) {
      if (match[0]) found.push([match.index, pattern.lastIndex]);
      else pattern.lastIndex++;
    }
    if (starts.size < 2) return found;
    const word = at => /\w/.test(text.charAt(at));
    const border = at => starts.has(at) || word(at - 1) !== word(at);
    const ends = (from, to) => border(to) || [...starts].some(at => at > from && at < to);
    const touching = new RegExp(suspicion, 'g');
    for (let match; (match = touching.exec(text)); ) {
      const from = match.index, to = touching.lastIndex;
      if (!match[0] || !border(from) || !ends(from, to)) touching.lastIndex = from + 1;
      else if (!found.some(([a, b]) => a <= from && to <= b)) found.push([from, to]);
    }
    return found;
  }

  function readable(text) {
    return text.replace(UNSEEN, '');
  }

  function blockOf(element) {
    while (element.parentElement && /^(inline.*|contents)$/.test(getComputedStyle(element).display)) element = element.parentElement;
    return element;
  }

  function addRange(nodes, from, to) {
    for (const [start, node] of nodes) {
      const a = Math.max(from - start, 0), b = Math.min(to - start, readable(node.data).length);
      if (a >= b) continue;
      const range = document.createRange();
      range.setStart(node, written(node.data, a));
      range.setEnd(node, written(node.data, b));
      add(range.getClientRects(), node.parentElement);
    }
  }

  // Where the character at ``at`` of the readable text stands in the text as it is written.
  function written(text, at) {
    if (readable(text) === text) return at;
    let index = 0;
    for (let read = 0; index < text.length && read < at; index++) if (readable(text[index])) read++;
    return index;
  }

  function pictures() {
    const found = [];
    for (const root of roots)
      for (const element of root.querySelectorAll('canvas, img, video, svg image')) {
        const r = element.getBoundingClientRect();
        if (r.width >= 40 && r.height >= 10) found.push([r.left, r.top, r.width, r.height]);
      }
    return found;
  }

  function moves() {
    const focused = document.activeElement;
    const caret = focused && (focused.isContentEditable || /^(INPUT|TEXTAREA)$/.test(focused.tagName));
    return caret || roots.some(root => root.getAnimations().some(a => a.playState === 'running'));
  }

  function still() {
    const style = document.createElementNS(HTML, 'style');
    style.setAttribute(MARK, '');
    style.textContent = `*, *::before, *::after { animation-play-state: paused !important; transition: none !important;
      caret-color: transparent !important; scroll-behavior: auto !important; }`;
    document.documentElement.appendChild(style);
  }

  function cover() {
    const host = document.createElementNS(HTML, 'div');
    host.setAttribute(MARK, JSON.stringify(boxes));
    host.popover = 'manual';
    host.style.cssText = `all: initial; position: fixed; inset: 0; width: 100%; height: 100%; overflow: visible; margin: 0;
      border: 0; padding: 0; background: none; pointer-events: none; z-index: 2147483647`;
    const layer = host.attachShadow({ mode: 'closed' });
    for (const [x, y, w, h] of boxes) {
      const box = document.createElementNS(HTML, 'div');
      box.style.cssText = `position: absolute; background: #111; left: ${x}px; top: ${y}px; width: ${w}px; height: ${h}px`;
      layer.appendChild(box);
    }
    document.documentElement.appendChild(host);
    try { host.showPopover(); } catch { /* no popovers here: the z-index has to do */ }
    if (!host.getClientRects().length) owners.forEach(conceal); // an SVG document lays out no boxes
  }

  function conceal(element) {
    element.setAttribute(`${MARK}-unseen`, element.style.visibility);
    element.style.setProperty('visibility', 'hidden', 'important');
  }

  function reveal(element) {
    element.style.visibility = element.getAttribute(`${MARK}-unseen`);
    element.removeAttribute(`${MARK}-unseen`);
  }
}
