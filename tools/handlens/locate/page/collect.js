// The walk: one pass over the flat tree, candidates and their groups in document order.
const ACTION_ROLES = new Set(("button link checkbox radio switch tab menuitem menuitemcheckbox menuitemradio option " +
  "treeitem slider spinbutton textbox searchbox combobox listbox scrollbar colorpicker filechooser datepicker").split(" "));
const SHAPES = new Set(["circle", "ellipse", "rect", "polygon", "polyline", "path", "line", "text"]);
const SKIPPED = new Set(["script", "style", "template", "noscript", "head", "meta", "link", "defs", "clippath", "clipPath",
  "mask", "symbol", "lineargradient", "linearGradient", "title", "desc", "br", "wbr", "col", "colgroup", "param", "source", "track"]);
const LEAF_ICONS = new Set(["i", "span", "svg", "img", "b", "em", "div", "a", "td"]);
const MAX_NODES = 80000, MAX_CANDIDATES = 24000, MAX_DEPTH = 1200;

// A part of a page that takes the focus so that it can be scrolled is nothing to click.
const LANDMARKS = new Set(["main", "navigation", "region", "complementary", "banner", "contentinfo", "form", "dialog", "tabpanel", "document", "article"]);
const isLandmark = (el, role) => LANDMARKS.has(role) && el.querySelector("a[href],button,input,select,textarea,[role]") !== null;

// Strong references: a weak one dies with the wrapper of this world, long before the element does.
const known = new Map(); // element -> id
const elements = new Map(); // id -> element
let lastId = 0;
function idOf(el) {
  let id = known.get(el);
  if (!id) { id = ++lastId; known.set(el, id); elements.set(id, el); }
  return id;
}
const byNumber = id => elements.get(id);
function forgetRemoved() {
  for (const [el, id] of known) if (!el.isConnected) { known.delete(el); elements.delete(id); }
}

function ownText(el) {
  let text = "";
  for (const child of siblings(el)) if (nodeType(child) === 3) { text += child.data; if (text.length > 400) break; }
  return squash(text);
}
// A native control that its author hid behind a drawing of his own is clicked through its label, or through what holds it.
const DRAWN_OVER = new Set(["checkbox", "radio", "file", "range"]);
function standIn(el, rect, style) {
  if (!(el instanceof HTMLInputElement) || !DRAWN_OVER.has(el.type) && roleOf(el) !== "combobox") return null;
  const frame = roleOf(el) === "combobox" ? frameOf(el) : null;
  if (frame) return frame;
  const tucked = tuckedIn(el);
  const shown = rect.width > 2 && rect.height > 2 && style.opacity !== "0" && style.visibility === "visible" && style.display !== "none";
  if (shown && !tucked || el.type === "range" && !tucked) return null;
  for (const label of el.type === "range" ? [] : el.labels || []) if (isSeen(label) && (DRAWN_OVER.has(el.type) || label.contains(el))) return label;
  for (let node = tucked && flatParent(tucked), depth = 0; node && isElement(node) && depth < 3; node = flatParent(node), depth++) if (isSeen(node)) return node;
  return null;
}
// An unseen field that takes the focus in the name of a control beside it.
const isForFocus = (el, style) => style.opacity === "0" && attr(el, "aria-hidden") === "true" && !DRAWN_OVER.has(el.type);
const isSeen = el => { const box = rectOf(el); return box.width > 2 && box.height > 2 && getComputedStyle(el).visibility === "visible"; };
// The holder, all but invisible, into which a control is put so that only screen readers find it; null if there is none.
function tuckedIn(el) {
  for (let node = flatParent(el), depth = 0; node && isElement(node) && depth < 3; node = flatParent(node), depth++) {
    const box = rectOf(node);
    if ((box.width <= 2 || box.height <= 2) && getComputedStyle(node).overflowX !== "visible") return node;
  }
  return null;
}

// Parts of the page, and what an element that cuts off what it holds leaves of them.
const EVERYWHERE = { x0: -1e9, y0: -1e9, x1: 1e9, y1: 1e9 };
const SCROLLS = /^(?:auto|scroll)$/;
const within = ({ x0, y0, x1, y1 }, rect, across, down) => ({
  x0: across ? Math.max(x0, rect.left) : x0, x1: across ? Math.min(x1, rect.right) : x1,
  y0: down ? Math.max(y0, rect.top) : y0, y1: down ? Math.min(y1, rect.bottom) : y1,
});
const shared = (rect, { x0, y0, x1, y1 }) => ({ left: Math.max(rect.left, x0), right: Math.min(rect.right, x1), top: Math.max(rect.top, y0), bottom: Math.min(rect.bottom, y1) });
const empty = ({ left, right, top, bottom }) => right - left < 2 || bottom - top < 2;

const rounded = n => Math.round(n * 10) / 10;

function collect() {
  const out = [], groups = [], headers = new Map();
  const words = [], numbers = new Map(); // what is said often is written once
  const word = text => { let at = numbers.get(text); if (at === undefined) { at = words.push(text) - 1; numbers.set(text, at); } return at; };
  forgetRemoved();
  labels = new Map();
  const width = innerWidth, height = innerHeight;
  let nodes = 0, truncated = false;
  const rootContext = { group: -1, act: 0, pointer: false, reach: EVERYWHERE, view: EVERYWHERE, faded: false,
    off: false, column: "", table: null, depth: 0, svg: false };
  const stack = document.documentElement ? [[document.documentElement, rootContext, false]] : [];
  while (stack.length) {
    const [el, context, repeated] = stack.pop();
    if (++nodes > MAX_NODES || out.length > MAX_CANDIDATES) { truncated = true; break; }
    const inner = visit(el, context, repeated);
    if (!inner || inner.depth > MAX_DEPTH) continue;
    const children = flatElements(el);
    const items = children.length > 1 && children.length < 5000 && !inner.svg ? repeatedChildren(children) : null;
    for (let i = children.length - 1; i >= 0; i--) stack.push([children[i], inner, items !== null && items.has(children[i])]);
  }
  return { width, height, dpr: devicePixelRatio, url: location.href, title: document.title.slice(0, 200), truncated, words, groups, candidates: out };

  function visit(el, context, repeated) {
    const tag = localName(el);
    if (SKIPPED.has(tag)) return null;
    const style = getComputedStyle(el);
    if (tag === "area") {
      if (has(el, "href") || has(el, "onclick")) emit(el, el, style, context, roleOf(el), "a");
      return null;
    }
    if (style.display === "none") {
      const label = tag === "input" ? standIn(el, rectOf(el), style) : null;
      if (label) emit(el, label, style, context, roleOf(el), "a");
      if (label === null && opensOnPointing(el)) emitHidden(el, context);
      return null;
    }
    const kind = groupKind(el, repeated);
    const next = { ...context, depth: context.depth + 1 };
    if (style.opacity === "0" && tag !== "input") next.faded = true;
    if (has(el, "inert")) next.off = true;
    if (isSvg(el)) next.svg = true;
    if (style.position === "fixed") next.reach = next.view = EVERYWHERE;
    if (kind) next.group = groups.push([word(kind), context.group, word(groupLabel(el)), word(groupHint(el))]) - 1;
    if (tag === "table") next.table = el;
    else if (tag === "td" || tag === "th") next.column = columnHeader(el, context.table, headers);
    const parts = roleOf(el) === "group" ? partsOf(el) : null;
    const role = parts ? "datepicker" : roleOf(el), pointer = style.cursor === "pointer";
    const what = classify(el, tag, role, style, pointer, context);
    if (what) {
      const id = emit(el, what === "a" && tag === "input" && standIn(el, rectOf(el), style) || el, style, next, role, what);
      if (id && (what === "a" || what === "s")) next.act = id;
    }
    next.pointer = pointer;
    if (style.overflowX !== "visible" && tag !== "body" && tag !== "html") {
      const rect = rectOf(el);
      next.reach = reachedIn(el, style, rect, next);
      next.view = within(next.view, rect, style.overflowX !== "visible", style.overflowY !== "visible");
    }
    if (tag === "select" && !(el.multiple || el.size > 1)) return null;
    if (tag === "canvas" || tag === "video" || tag === "iframe" || tag === "object") return null;
    return next;
  }

  // Where what ``el`` holds can be brought into view: anywhere along which it scrolls, if it is in view itself.
  function reachedIn(el, style, rect, { reach }) {
    const cuts = overflow => overflow === "hidden" || overflow === "clip";
    const { x0, y0, x1, y1 } = within(reach, rect, cuts(style.overflowX), cuts(style.overflowY));
    const seen = !empty(shared(rect, reach));
    const across = seen && SCROLLS.test(style.overflowX) && el.scrollWidth > el.clientWidth + 1;
    const down = seen && SCROLLS.test(style.overflowY) && el.scrollHeight > el.clientHeight + 1;
    return { x0: across ? -1e9 : x0, x1: across ? 1e9 : x1, y0: down ? -1e9 : y0, y1: down ? 1e9 : y1 };
  }

  // Items of a closed submenu: pointing at the item that holds it brings them up.
  function emitHidden(menu, context) {
    const opener = flatParent(menu), box = rectOf(opener);
    if (box.width < 2 || box.height < 2) return;
    for (const el of [...menu.querySelectorAll("[role^=menuitem],li")].slice(0, 80)) {
      const own = el.querySelector(":scope > [role^=menuitem]");
      if (own) continue;
      const name = squash(itemText(el));
      if (name) push(el, "menuitem", "h", clip(name, 120), box, { ...context, act: 0 }, [], { hi: word(hintsOf(el, true)[0]) });
    }
  }

  // What most have stands in a fixed order, the rest by name in `more`.
  function push(el, role, kind, name, box, context, [hit = -1, x, y], more) {
    out.push([idOf(el), word(localName(el)), word(role), kind, name, rounded(box.x), rounded(box.y), rounded(box.width), rounded(box.height),
      context.group, context.act, hit, x, y, more]);
  }

  // "a" can be acted on by its nature, "s" by the look of it, "i" is an unnamed icon, "g" a shape, "t" is text.
  function classify(el, tag, role, style, pointer, context) {
    if (tag === "input" && (el.type === "hidden" || isForFocus(el, style))) return "";
    if (tag === "html" || tag === "body") return "";
    if (tag === "label" && !ACTION_ROLES.has(role)) return el.control ? "l" : "t";
    if (ACTION_ROLES.has(role) || tag === "summary" || tag === "canvas" || tag === "video" || tag === "audio" || tag === "object") return "a";
    if (isEditable(el)) return "a";
    const tabindex = attr(el, "tabindex");
    if (has(el, "onclick") || has(el, "onmousedown") || (tabindex !== null && tabindex !== "-1" && !has(el, "aria-activedescendant") && el.childElementCount < 40 && !isLandmark(el, role)) ||
        listening.has(el) && el.childElementCount < 12) return "s";
    if (pointer && !context.pointer) return "s";
    if (isSvg(el)) {
      const rect = rectOf(el);
      if (tag === "svg") return context.act && rect.width <= 64 ? "" : rect.width <= 64 ? "i" : "";
      if (!SHAPES.has(tag)) return "";
      return context.act && !(el.ownerSVGElement && rectOf(el.ownerSVGElement).width > 64) ? "" : tag === "text" ? "t" : "g";
    }
    if (role === "img") return context.act && rectOf(el).width <= 64 ? (context.pointer && el.previousElementSibling ? "i" : "") : "i";
    if (role === "heading" || role === "columnheader" || role === "rowheader" || role === "cell" || role === "gridcell" || role === "legend") {
      if (el.childElementCount && (role === "cell" || role === "gridcell") && !ownText(el)) {
        return el.querySelector("a,button,input,select,[role],[onclick]") || textContent(el).length >= 400 ? "" : "t";
      }
      return textContent(el).length < 400 ? "t" : "";
    }
    const text = ownText(el);
    if (text) return context.act ? inAct(el, text, context) : "t";
    if (el.childElementCount || !LEAF_ICONS.has(tag)) return "";
    const rect = rectOf(el);
    if (rect.width >= 6 && rect.height >= 6 && rect.width <= 200 && rect.height <= 200) {
      if (style.backgroundImage !== "none" || (style.maskImage || "none") !== "none" || tag === "i" || context.pointer ||
          solid(style.backgroundColor) || getComputedStyle(el, "::before").content !== "none") return context.act && !context.pointer ? "" : "i";
    }
    return "";
  }
  // Text inside something clickable is its name, unless the clickable thing is a whole card.
  function inAct(el, text, context) {
    const holder = byNumber(context.act);
    return holder && textContent(holder).length > text.length + 24 ? "t" : "";
  }

  function emit(el, shown, style, context, role, kind) {
    const rect = rectOf(shown);
    if (rect.width <= 0 || rect.height <= 0) return 0;
    const look = shown === el ? style : getComputedStyle(shown);
    if (look.visibility !== "visible") return 0;
    if (isSvg(el) && kind !== "t" && (rect.width < 3 || rect.height < 3) && tagIs(el, "line") === false) return 0;
    if ((context.faded && kind !== "a") || rect.width <= 1.5 || rect.height <= 1.5 && role !== "img") {
      if (!(tagIs(el, "hr") || isSvg(el))) return 0;
    }
    const id = idOf(el);
    const item = {};
    const actionable = kind !== "t" && kind !== "g";
    const far = rect.bottom < -height || rect.top > 2 * height;
    hasty = far;
    let name = kind === "t" && el.childElementCount === 0 ? ownText(el) : kind === "t" && role === "generic" ? squash(contentName(el, new Set())) : nameOf(el) || (kind === "t" || kind === "s" || kind === "l" ? squash(contentName(el, new Set())) : "");
    hasty = false;
    if (!name && far && actionable) name = nameOf(el);
    if (role === "combobox" && name && name === valueOf(el)) name = ""; // what is chosen is no name
    if (actionable) {
      const states = statesOf(el, role);
      if (context.off) states.push("disabled");
      if (states.length) item.s = word(states.join("|"));
      const value = valueOf(el);
      if (value) item.v = value;
      const range = rangeOf(el, role);
      if (range) item.rg = range;
      const [hints, tips] = hintsOf(el, far ? !name : name.length < 60);
      if (hints) item.hi = word(hints);
      if (tips) item.ti = tips;
      const placeholder = attr(el, "placeholder") || attr(el, "aria-placeholder") || attr(el, "data-placeholder");
      if (placeholder) item.ph = clip(squash(placeholder), 120);
      const type = isSecret(el) ? "password" : tagIs(el, "input") ? el.type : attr(el, "type");
      if (type) item.ty = type;
      const href = attr(el, "href");
      if (href && !/^(javascript|data):/i.test(href)) item.hr = clip(href, 120);
      if (kind === "a" && tagIs(el, "select")) item.op = [...el.options].slice(0, 60).map(o => clip(squash(o.text), 40)).join("\n");
    } else {
      if (context.off) item.s = word("disabled");
      const classes = attr(el, "class");
      const id = kind === "g" ? attr(el, "id") : "";
      if ((classes || id) && (kind === "g" || role === "generic")) item.hi = word([classes || "", id || ""].join(" ").trim().slice(0, 120));
      const pictured = el.childElementCount && !far ? inlineIcons(el) : "";
      if (pictured) item.ic = pictured;
      if (role === "heading") item.lv = Number(attr(el, "aria-level")) || Number(localName(el)[1]) || 2;
      if (el instanceof HTMLElement) { const title = attr(el, "title"); if (title) item.ti = clip(title, 120); }
    }
    if (kind !== "t") item.c = word(isSvg(el) ? (look.fill !== "none" && solid(look.fill) ? look.fill : look.stroke) : look.color);
    if (isSvg(el) && kind === "g") { if (solid(look.fill) && look.fill !== "none") item.b = word(look.fill); }
    else if (far ? false : actionable || solid(look.backgroundColor)) { const background = backgroundOf(shown); if (background) item.b = word(background); }
    const shape = shapeOf(shown, look, rect);
    if (shape) item.sh = shape;
    if (context.column) item.co = word(context.column);
    const spot = place(item, el, shown, rect, look, shown === el ? context : rootContext);
    push(el, role, kind, clip(name, 200), rect, { group: context.group, act: context.act }, spot, isEmpty(item) ? 0 : item);
    return id;
  }

  // Where a click on it would go, and what that would hit: 1 itself, 2 what holds it, 0 something else; [] out of view.
  function place(item, el, shown, rect, look, context) {
    let box = rect;
    if (look.display === "inline" && !empty(shared(rect, context.view))) {
      const rects = shown.getClientRects();
      if (rects.length > 1 && look2lines(rects)) box = rects[0];
    }
    if (empty(shared(box, context.reach))) item.cl = 1;
    const part = shared(box, context.view), away = empty(part);
    const { left, top, right, bottom } = away ? box : part;
    if (right <= 0 || bottom <= 0 || left >= width || top >= height) return [];
    const x = (Math.max(left, 0) + Math.min(right, width)) / 2, y = (Math.max(top, 0) + Math.min(bottom, height)) / 2;
    const hit = hitAt(x, y);
    // What is positioned may stand outside of what holds it, uncut: then it is hit there all the same.
    if (away && !(hit && (flatContains(el, hit) || flatContains(shown, hit)))) return [];
    return [hits(item, el, shown, hit), rounded(x), rounded(y)];
  }
  function hits(item, el, shown, hit) {
    if (!hit) return -1;
    if (flatContains(el, hit) || flatContains(shown, hit) || (isSvg(el) && flatContains(hit, el) && isSvg(hit))) { delete item.cl; return 1; }
    if (flatContains(hit, el)) return 2;
    item.hb = idOf(hit);
    item.hn = localName(hit) + (attr(hit, "id") ? "#" + attr(hit, "id").slice(0, 40) : "") + (attr(hit, "class") ? "." + attr(hit, "class").split(/\s+/)[0].slice(0, 40) : "");
    return 0;
  }
}
const isEmpty = object => { for (const _ in object) return false; return true; };
const tagIs = (el, tag) => localName(el) === tag;
const look2lines = rects => rects[0].width > 2 && rects[0].height > 2 && rects[1].top >= rects[0].bottom - 2;
