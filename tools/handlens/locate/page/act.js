// Looking at one element just before it is acted on, and at the page before and after.
function visiblePart(el) {
  if (el instanceof HTMLAreaElement) return rectOf(el);
  const rects = [...el.getClientRects()].filter(r => r.width > 0 && r.height > 0);
  if (!rects.length) return null;
  return rects.length > 1 && look2lines(rects) ? rects[0] : rectOf(el);
}
function shownOf(el) {
  return standIn(el, rectOf(el), getComputedStyle(el)) || el;
}
// Where to click: the centre, or the first of a few other points that hits the element itself.
function aim(id, scroll, offset) {
  const el = byNumber(id);
  if (!el || !el.isConnected) return { gone: true };
  const shown = shownOf(el);
  if (scroll) {
    const before = visiblePart(shown);
    const hit = before && hitAt(before.left + before.width / 2, before.top + before.height / 2);
    if (!before || !hit || !(flatContains(el, hit) || flatContains(shown, hit)) || before.top < 0 || before.left < 0 || before.bottom > innerHeight || before.right > innerWidth || scroll === "force") {
      shown.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
    }
  }
  const rect = visiblePart(shown);
  if (!rect) return { invisible: true };
  const box = { x: rect.left, y: rect.top, width: rect.width, height: rect.height };
  const x0 = Math.max(0, rect.left), x1 = Math.min(innerWidth, rect.right), y0 = Math.max(0, rect.top), y1 = Math.min(innerHeight, rect.bottom);
  if (x1 <= x0 || y1 <= y0) return { box, outside: true };
  if (offset && (rect.left + offset[0] > x1 || rect.top + offset[1] > y1 || rect.left + offset[0] < x0 || rect.top + offset[1] < y0)) return { box, outside: true };
  const places = offset ? [[(rect.left + offset[0] - x0) / (x1 - x0), (rect.top + offset[1] - y0) / (y1 - y0)]] : [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75], [0.1, 0.5], [0.9, 0.5], [0.15, 0.15], [0.85, 0.85]];
  let cover = null;
  for (const [fx, fy] of places) {
    const x = x0 + (x1 - x0) * fx, y = y0 + (y1 - y0) * fy;
    const hit = hitAt(x, y);
    if (hit && (flatContains(el, hit) || flatContains(shown, hit))) return { box, x, y, disabled: matches(el, ":disabled") };
    if (hit && !cover && !flatContains(hit, shown)) cover = hit;
  }
  const x = (x0 + x1) / 2, y = (y0 + y1) / 2;
  if (!cover) return { box, x, y, through: true, disabled: matches(el, ":disabled") };
  return { box, covered: coverOf(cover) };
}
function coverOf(cover) {
  const over = rectOf(cover);
  return { id: idOf(cover), name: clip(nameOf(cover) || squash(textContent(cover)), 80), role: roleOf(cover),
    box: { x: over.left, y: over.top, width: over.width, height: over.height } };
}
// What lies at a point where a frame should be, or null.
function overFrame(x, y) {
  const hit = hitAt(x, y);
  return hit && !/^(iframe|frame|object|embed|fencedframe)$/.test(localName(hit)) ? coverOf(hit) : null;
}
// From arming until the press arrives: a press that would hit something else, because the page was rebuilt in between, is kept from it.
const PRESSES = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "dblclick", "auxclick", "contextmenu"];
let armed = null;
function onPress(event) {
  if (!armed || !event.isTrusted) return;
  if (!armed.blocked) {
    const hit = event.composedPath()[0], el = armed.el, shown = armed.shown;
    if (!isElement(hit) || flatContains(el, hit) || flatContains(shown, hit) || flatContains(hit, el) || flatContains(hit, shown)) { disarm(); return; }
    armed.blocked = true;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}
function arm(id) {
  disarm();
  const el = byNumber(id);
  if (!el || !el.isConnected) return false;
  armed = { el, shown: shownOf(el), blocked: false };
  for (const type of PRESSES) addEventListener(type, onPress, true);
  return true;
}
// Whether a press was kept from something else.
function disarm() {
  const blocked = Boolean(armed && armed.blocked);
  for (const type of PRESSES) removeEventListener(type, onPress, true);
  armed = null;
  return blocked;
}
let mutations = 0;
let watcher = null;
function watch() {
  mutations = 0;
  if (watcher) watcher.disconnect();
  watcher = new MutationObserver(records => { mutations += records.length; });
  const roots = [document];
  for (const root of roots) {
    watcher.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    for (const el of root.querySelectorAll("*")) if (shadow(el)) roots.push(shadow(el));
  }
}
function unwatch() {
  if (watcher) { mutations += watcher.takeRecords().length; watcher.disconnect(); watcher = null; }
  return mutations;
}
function stateOf(id) {
  const el = byNumber(id);
  if (!el || !el.isConnected) return { gone: true };
  return { states: statesOf(el, roleOf(el)), value: valueOf(el), name: clip(nameOf(el), 200) };
}
const isTyped = el => matches(el, 'input,textarea,select') || isEditable(el);
function glance(id) {
  let active = document.activeElement;
  for (let root = active && shadow(active); root && root.activeElement; root = shadow(active)) active = root.activeElement;
  if (watcher) mutations += watcher.takeRecords().length;
  return { url: location.href, title: document.title, focus: active ? idOf(active) : 0,
    focused: active && active !== document.body ? clip(roleOf(active) + " " + (nameOf(active) || ""), 80) : "",
    onTarget: Boolean(active && id && byNumber(id) && flatContains(byNumber(id), active) && !isTyped(active)),
    scrollX, scrollY, dialogs: document.querySelectorAll("dialog[open],[role=dialog],[role=alertdialog]").length,
    mutations, target: id ? stateOf(id) : null };
}
// The items to point at, one after another, so that a closed submenu's item shows: [] when it does already.
function openers(id) {
  const found = [];
  for (let node = byNumber(id); node && isElement(node); node = flatParent(node)) {
    if (opensOnPointing(node)) {
      const holder = flatParent(node), box = rectOf(node);
      if (box.width < 1 || getComputedStyle(node).visibility !== "visible") found.unshift(idOf(holder));
    }
  }
  return found;
}
const shows = id => { const el = byNumber(id); const box = el && rectOf(el); return Boolean(box && box.width > 1 && box.height > 1 && getComputedStyle(el).visibility === "visible"); };
// Whether an item holds a closed submenu, and whether that is open by now.
function submenu(id) {
  const el = byNumber(id);
  if (!el) return null;
  const item = el.closest("li") || el;
  for (const menu of item.querySelectorAll("ul,menu,[role=menu]")) {
    if (!opensOnPointing(menu)) continue;
    const box = rectOf(menu);
    return box.width > 1 && box.height > 1 && getComputedStyle(menu).visibility === "visible" ? "open" : "closed";
  }
  return null;
}
// Whether choosing an option of a list of many would drop what is chosen already.
function addsToSelection(id) {
  const el = byNumber(id);
  const list = el instanceof HTMLOptionElement ? el.closest("select") : null;
  return Boolean(list && list.multiple && list.selectedOptions.length);
}
function focus(id) {
  const el = byNumber(id);
  if (el && el.focus) el.focus();
  if (el && rootOf(el).activeElement !== el) el.querySelector("[tabindex]:not([tabindex='-1'])")?.focus(); // a part of it takes the keys
}
const CLOSING = /^(x|×|✕|✖|close|dismiss|got it|no,? thanks|not now|decline|reject( all)?|refuse|skip|ok(ay)?|later|关闭|知道了|我知道了|取消|拒绝|稍后|跳过|以后再说)$/i;
// The button that closes what a covering element belongs to: by its name, or by being called "close" in its classes.
function closerOf(id) {
  for (let node = byNumber(id), depth = 0; node && isElement(node) && depth < 8; node = flatParent(node), depth++) {
    if (localName(node) === "body" || localName(node) === "html") return null;
    let classy = null;
    for (const button of node.querySelectorAll("button,[role=button],a,[class*=close],[class*=dismiss]")) {
      const rect = rectOf(button);
      if (rect.width < 4 || rect.height < 4) continue;
      const point = { id: idOf(button), role: roleOf(button), name: clip(nameOf(button), 80), x: rect.x + rect.width / 2, y: rect.y + rect.height / 2,
        left: rect.x, top: rect.y, width: rect.width, height: rect.height };
      const hit = hitAt(point.x, point.y);
      if (!hit || !flatContains(button, hit)) continue;
      if (CLOSING.test(nameOf(button)) || CLOSING.test(squash(attr(button, "title") || ""))) return point;
      if (!classy && /close|dismiss/i.test(attr(button, "class") || "")) classy = point;
    }
    if (classy) return classy;
  }
  return null;
}
// What Enter or the space bar would press, by the focus: a control, or the button that a field's form is sent with.
function pressedBy(key) {
  if (!document.hasFocus()) return null;
  let el = document.activeElement;
  for (let root = el && shadow(el); root && root.activeElement; root = shadow(el)) el = root.activeElement;
  if (!el || el === document.body || /^(iframe|frame|textarea)$/.test(localName(el)) || isEditable(el)) return null;
  if (el instanceof HTMLInputElement && !["button", "submit", "reset", "image", "file"].includes(el.type)) {
    const form = key === "Enter" && el.form;
    el = form && [...form.elements].find(one => one.type === "submit" || one.type === "image");
  }
  return el ? { role: roleOf(el), name: clip(nameOf(el), 200), tips: clip(attr(el, "title") || "", 200) } : null;
}
globalThis.handlens = {
  collect: () => { try { return JSON.stringify(collect()); } finally { labels = null; } }, aim, overFrame, arm, disarm, focus, closerOf, fieldOf, pickOption, setValue, selectContent, contentOf, isThere, overlays, blur: id => rootOf(byNumber(id)).activeElement?.blur(), fileInputOf, takesMany, isDropZone, scrollBy,
  addsToSelection, openers, shows, submenu, byNumber, watch, unwatch, stateOf, glance, pressedBy,
  inner: () => ({ width: innerWidth, height: innerHeight }),
  closed: (host, root) => { const known = closedRoots.has(host); closedRoots.set(host, root); return !known; },
  listens: el => { const fresh = isElement(el) && !listening.has(el) && localName(el) !== "body" && localName(el) !== "html"; if (fresh) listening.add(el); return fresh; },
};
