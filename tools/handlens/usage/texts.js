// The visible texts of one frame with their places, line by line, through open shadow roots:
// [text, x, y, width, height, font size]. For lists that are laid out without any markup of a table.
() => {
  const SKIPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "HEAD", "TITLE"]);
  const MOST = 40000;
  const found = [];
  const children = (node) => {
    if (node.shadowRoot) return node.shadowRoot.childNodes;
    if (node.localName === "slot") {
      const given = node.assignedNodes({ flatten: true });
      if (given.length) return given;
    }
    return node.childNodes;
  };
  // From where to where texts show in an element that cuts off rows. What it cuts off at its sides can be scrolled to.
  const inside = (element, style, [top, bottom]) => {
    if (style.position === "fixed") return [-Infinity, Infinity];
    if (style.overflowY === "visible" || style.display.startsWith("inline") || element === document.body || element === document.documentElement) return [top, bottom];
    const box = element.getBoundingClientRect();
    return [Math.max(top, box.top), Math.min(bottom, box.bottom)];
  };
  const lines = (node, [top, bottom]) => {  // the words of a text node, gathered by the line that they stand in
    const range = document.createRange();
    const words = [...node.data.matchAll(/\S+/g)];
    let line = null;
    for (const word of words) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const box = range.getBoundingClientRect();
      const middle = box.y + box.height / 2;
      if (!box.width || !box.height || middle < top || middle > bottom) continue;
      if (line && Math.abs(line[2] - box.y) < box.height / 2) {
        line[0] += ` ${word[0]}`;
        line[3] = box.right - line[1];
      } else {
        line = [word[0], box.x, box.y, box.width, box.height];
        found.push(line);
      }
    }
    return line;
  };
  const walk = (node, within) => {
    if (found.length >= MOST) return;
    if (node.nodeType === 3) {
      if (!node.data.trim()) return;
      const parent = node.parentElement || node.getRootNode().host;
      const before = found.length;
      lines(node, within);
      const size = parseFloat(getComputedStyle(parent).fontSize);
      for (let at = before; at < found.length; at += 1) found[at].push(size);
      return;
    }
    if (node.nodeType !== 1 || SKIPPED.has(node.nodeName)) return;
    if (node.checkVisibility && !node.checkVisibility({ visibilityProperty: true }) && getComputedStyle(node).display !== "contents") {
      if (getComputedStyle(node).display === "none") return;
      if (!node.firstElementChild) return;
    }
    const left = inside(node, getComputedStyle(node), within);
    for (const child of children(node)) walk(child, left);
  };
  if (document.body) walk(document.body, [-Infinity, Infinity]);
  return JSON.stringify(found);
}
