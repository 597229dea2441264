// Reading the DOM so that a page can't answer for it. This runs in a world of its own, where the page's changes to
// prototypes are not seen; a form can still shadow properties of itself by its fields' names, hence the getters.
const getter = (proto, key) => {
  const get = Object.getOwnPropertyDescriptor(proto, key).get;
  return node => get.call(node);
};
const parentNode = getter(Node.prototype, "parentNode");
const firstChild = getter(Node.prototype, "firstChild");
const nextSibling = getter(Node.prototype, "nextSibling");
const firstElement = getter(Element.prototype, "firstElementChild");
const nextElement = getter(Element.prototype, "nextElementSibling");
const nodeType = getter(Node.prototype, "nodeType");
const textContent = getter(Node.prototype, "textContent");
const localName = getter(Element.prototype, "localName");
const shadowOf = getter(Element.prototype, "shadowRoot");
const assignedSlot = getter(Element.prototype, "assignedSlot");
const attr = (el, name) => Element.prototype.getAttribute.call(el, name);
const has = (el, name) => Element.prototype.hasAttribute.call(el, name);
const matches = (el, selector) => Element.prototype.matches.call(el, selector);
const isSecret = el => matches(el, MASKED_FIELDS);
const rectOf = el => el instanceof HTMLAreaElement ? areaRect(el) : Element.prototype.getBoundingClientRect.call(el);
const rootOf = el => Node.prototype.getRootNode.call(el);
const isElement = node => nodeType(node) === 1;
const isSvg = el => el instanceof SVGElement;
const squash = text => text.replace(/\s+/gu, " ").trim();
const clip = (text, limit) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);

const listening = new WeakSet(); // elements with listeners for clicks, told from outside
const closedRoots = new WeakMap(); // host -> closed shadow root, told from outside
const shadow = el => shadowOf(el) || closedRoots.get(el) || null;

// Where an image map's area lies: the image that uses the map, and the area's own coordinates in it.
function areaRect(area) {
  const map = area.closest("map");
  const image = map && [...document.querySelectorAll("img[usemap]")].find(img => attr(img, "usemap").slice(1) === (attr(map, "name") || attr(map, "id")));
  if (!image) return new DOMRect();
  const whole = Element.prototype.getBoundingClientRect.call(image);
  const given = (attr(area, "coords") || "").split(/[\s,]+/).map(Number).filter(Number.isFinite);
  if (given.length < 3) return whole;
  const circle = /^circ/i.test(attr(area, "shape") || "");
  const xs = circle ? [given[0] - given[2], given[0] + given[2]] : given.filter((_, at) => at % 2 === 0);
  const ys = circle ? [given[1] - given[2], given[1] + given[2]] : given.filter((_, at) => at % 2 === 1);
  const scale = image.clientWidth ? whole.width / image.clientWidth : 1;
  const x = whole.x + (whole.width - image.clientWidth * scale) / 2, y = whole.y + (whole.height - image.clientHeight * scale) / 2;
  return new DOMRect(x + Math.min(...xs) * scale, y + Math.min(...ys) * scale, (Math.max(...xs) - Math.min(...xs)) * scale, (Math.max(...ys) - Math.min(...ys)) * scale);
}

// The flat tree: what is laid out. A host's children are its shadow's; a slot's are what is assigned to it.
function* flatChildren(node) {
  if (isElement(node)) {
    const root = shadow(node);
    if (root) { yield* siblings(root); return; }
    if (localName(node) === "slot" && node instanceof HTMLSlotElement) {
      const assigned = node.assignedNodes({ flatten: true });
      if (assigned.length) { yield* assigned; return; }
    }
  }
  yield* siblings(node);
}
// The element children of the flat tree, without a generator's cost where there is no shadow.
function flatElements(el) {
  if (shadow(el) || localName(el) === "slot") return [...flatChildren(el)].filter(isElement);
  const found = [];
  for (let child = firstElement(el); child; child = nextElement(child)) found.push(child);
  return found;
}
function* siblings(node) {
  for (let child = firstChild(node); child; child = nextSibling(child)) yield child;
}
function flatParent(node) {
  if (isElement(node)) {
    const slot = assignedSlot(node);
    if (slot) return slot;
  }
  const parent = parentNode(node);
  return parent instanceof ShadowRoot ? parent.host : parent;
}
function flatContains(ancestor, node) {
  for (let n = node; n; n = flatParent(n)) if (n === ancestor) return true;
  return false;
}
function byId(el, id) {
  const root = rootOf(el);
  return root instanceof Document || root instanceof ShadowRoot ? root.getElementById(id) : null;
}
const idList = value => (value ? value.trim().split(/\s+/) : []);

// What a click at this point of the frame would hit, through shadow roots.
function hitAt(x, y) {
  let root = document, found = null;
  for (let depth = 0; depth < 32; depth++) {
    const el = root.elementFromPoint(x, y);
    if (!el || el === found) break;
    found = el;
    const inner = shadow(el);
    if (!inner) break;
    root = inner;
  }
  return found;
}
