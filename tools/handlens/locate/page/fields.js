// Setting fields. What a person types goes through real key events; what is picked from a native pop-up can't.
function controlOf(el) {
  if (el instanceof HTMLLabelElement && el.control) return el.control;
  if (el instanceof HTMLOptionElement) return el;
  if (matches(el, "input,select,textarea,[aria-checked],[aria-valuenow]") || isEditable(el)) return el;
  const native = el.querySelector("input:not([type=hidden]),select,textarea,[contenteditable]:not([contenteditable=false])");
  const built = native ? [] : el.querySelectorAll("[role=slider],[role=combobox],[role=spinbutton],[role=checkbox],[role=switch],[role=radio]");
  return native || (built.length === 1 ? built[0] : el);
}
const SET_BY_VALUE = new Set(["date", "time", "datetime-local", "month", "week", "color", "range"]);
// What kind of field it is, and what it takes.
function fieldOf(id) {
  const found = byNumber(id);
  if (!found) return { kind: "gone" };
  const el = controlOf(found), role = roleOf(el);
  const base = { id: idOf(el), disabled: matches(el, ":disabled"), readonly: isReadOnly(el), states: statesOf(el, role) };
  if (el instanceof HTMLSelectElement) return { ...base, kind: "select", options: [...el.options].slice(0, 200).map(o => squash(o.label || o.text)) };
  if (el instanceof HTMLInputElement) {
    if (el.type === "file") return { ...base, kind: "file" };
    if (el.type === "checkbox" || el.type === "radio") return { ...base, kind: "check" };
    if (SET_BY_VALUE.has(el.type)) return { ...base, kind: "value", type: el.type, min: el.min, max: el.max };
    if (["button", "submit", "reset", "image"].includes(el.type)) return { ...base, kind: "none" };
    if (el.readOnly && !base.disabled) return { ...base, readonly: false, fixed: role !== "combobox", kind: "popup" }; // it may be chosen
    return { ...base, kind: "text", pops: role === "combobox", opens: opensSomething(el) };
  }
  const parts = partsOf(el);
  if (parts) return { ...base, kind: "parts", parts };
  if (el instanceof HTMLTextAreaElement || isEditable(el)) return { ...base, kind: "text" };
  if (role === "checkbox" || role === "switch" || role === "radio") return { ...base, kind: "check" };
  if (role === "slider" || role === "spinbutton") {
    return { ...base, kind: "slider", now: numberOf(el), min: Number(attr(el, "aria-valuemin")), max: Number(attr(el, "aria-valuemax")) };
  }
  if (role === "combobox" || role === "listbox" || (attr(el, "aria-haspopup") || "false") !== "false") return { ...base, kind: "popup" };
  if (role === "textbox" || role === "searchbox") return { ...base, kind: "text" };
  return { ...base, kind: "none" };
}
// What is drawn as the field round an input that itself is all but invisible: its value is a text in there. Else null.
const CONTROLS = "input,select,textarea,button,a[href],[role=button],[role=combobox],[role=checkbox],label";
const isClear = el => isElement(el) && getComputedStyle(el).opacity === "0";
function frameOf(input) {
  if (!(input instanceof HTMLInputElement) || input.value || rectOf(input).width > 16 && !isClear(input) && !isClear(flatParent(input))) return null;
  let frame = null;
  for (let node = flatParent(input), depth = 0; node && isElement(node) && depth < 5; node = flatParent(node), depth++) {
    const { width, height } = rectOf(node);
    if (height > 64 || node.querySelectorAll(CONTROLS).length > 1) break;
    if (width > 20 && height > 12 && !isClear(node)) frame = node;
  }
  return frame;
}
function shownIn(frame) {
  const hint = node => { const said = attr(node, "class") || ""; return /placeholder/i.test(said) && (!/selected/.test(said) || /transparent/.test(said)); };
  const walker = document.createTreeWalker(frame, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT,
    node => isElement(node) && (isSvg(node) || hint(node)) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const texts = [];
  while (walker.nextNode()) if (nodeType(walker.currentNode) === 3) texts.push(squash(walker.currentNode.data));
  return [...new Set(texts)].filter(Boolean).join(", ");
}
// What was chosen in a field whose input holds no text: it is written in its frame, or stands beside the input.
function chosenIn(input) {
  const frame = frameOf(input);
  if (frame) return shownIn(frame);
  for (let node = flatParent(input), depth = 0; node && isElement(node) && depth < 4; node = flatParent(node), depth++) {
    if (rectOf(node).height > 120) break;
    const text = shownIn(node);
    if (text) return text;
  }
  return "";
}
// Whether a field looks as if a calendar or a list came up where it is typed into.
const OPENING = /date|time|picker|calendar|select|combo|cascad|complete|suggest|日期|时间|选择/i;
function opensSomething(el) {
  if (["aria-haspopup", "aria-expanded", "aria-owns", "list"].some(name => has(el, name))) return true;
  let said = [attr(el, "placeholder"), attr(el, "name")].join(" ");
  for (let node = el, depth = 0; node && isElement(node) && depth < 4; node = flatParent(node), depth++) said += ` ${attr(node, "class") || ""}`;
  return OPENING.test(said);
}
// The layers that a page shows over itself: lists, calendars, dialogs.
const overlays = () => [...document.body.children].filter(el => [el, ...el.querySelectorAll(":scope > *, :scope > * > *")].some(isSeen)).map(idOf);
const isThere = id => { const el = byNumber(id); return Boolean(el && el.isConnected && isSeen(el)); };
// A date or time that is set part by part, each a number field of its own; null for anything else.
const PARTS = { year: /year|年/i, month: /month|月/i, day: /\bdays?\b|日/i, hour: /hour|时/i, minute: /minute|分/i, second: /second|秒/i, half: /day ?period|meridiem|am\/pm|上午/i };
function partsOf(el) {
  const role = roleOf(el);
  if (role !== "group" && role !== "spinbutton") return null;
  const around = role === "group" ? el : flatParent(el)?.closest("[role=group]");
  const fields = around ? [...around.querySelectorAll("[role=spinbutton]")] : [];
  if (fields.length < 2 || fields.length > Object.keys(PARTS).length) return null;
  const parts = fields.map(field => {
    const said = attr(field, "data-type") || attr(field, "aria-label") || nameOf(field);
    const part = Object.keys(PARTS).reverse().find(name => PARTS[name].test(said));
    return { id: idOf(field), part, now: attr(field, "aria-valuenow"), shown: squash(textContent(field)) };
  });
  return parts.every(one => one.part) && new Set(parts.map(one => one.part)).size === parts.length ? parts : null;
}
// Where a slider is. What it says in words may be exacter than the number beside them.
function numberOf(el) {
  const text = attr(el, "aria-valuetext");
  return text && !isNaN(Number(text)) ? Number(text) : Number(attr(el, "aria-valuenow"));
}
function announce(el) {
  el.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
  el.dispatchEvent(new Event("change", { bubbles: true }));
}
function pickOption(id, label) {
  const el = byNumber(id), wanted = squash(label).toLowerCase();
  const options = [...el.options];
  const option = options.find(o => squash(o.label || o.text) === label) || options.find(o => squash(o.text).toLowerCase() === wanted) ||
    options.find(o => o.value === label) || options.filter(o => squash(o.text).toLowerCase().includes(wanted)).find((_, i, all) => all.length === 1);
  if (!option || option.disabled) return false;
  el.focus();
  if (el.multiple) option.selected = true;
  else el.value = option.value;
  if (!el.multiple && !option.selected) el.selectedIndex = option.index;
  announce(el);
  return true;
}
function setValue(id, value) {
  const el = byNumber(id);
  el.focus();
  el.value = value;
  announce(el);
  return el.value;
}
function selectContent(id) {
  const el = byNumber(id);
  el.focus();
  if (typeof el.select === "function") el.select();
  else { const range = document.createRange(); range.selectNodeContents(el); const selection = getSelection(); selection.removeAllRanges(); selection.addRange(range); }
}
function contentOf(id) {
  const el = byNumber(id);
  if (!el) return { gone: true };
  const role = roleOf(el);
  const value = "value" in el && !["button", "li", "div"].includes(localName(el)) ? String(el.value) : isEditable(el) ? el.innerText : attr(el, "aria-valuetext") || attr(el, "aria-valuenow") || squash(textContent(el));
  const called = el.type === "range" ? attr(el, "aria-valuetext") : null; // a place on a slider may have a name
  const open = attr(el, "aria-expanded") === "true";
  if (role === "combobox" && el instanceof HTMLInputElement && !el.value) {
    return { value: clip(chosenIn(el), 500), states: statesOf(el, role), open };
  }
  const shown = called && isNaN(Number(called)) ? called : el instanceof HTMLSelectElement ? squash([...el.selectedOptions].map(o => o.text).join(", ")) : clip(value, 500);
  return { value: shown, states: statesOf(el, role), open };
}
// The file input that stands behind a button, a label or a drop zone; null if there is none near it.
function fileInputOf(id) {
  const el = byNumber(id);
  if (!el) return null;
  const own = controlOf(el);
  if (own instanceof HTMLInputElement && own.type === "file") return own;
  for (let node = el, depth = 0; node && isElement(node) && depth < 4; node = flatParent(node), depth++) {
    if (/^(body|html|main)$/.test(localName(node))) return null; // its input may be anything's
    const inputs = node.querySelectorAll("input[type=file]");
    if (inputs.length) return inputs.length === 1 ? inputs[0] : null;
  }
  return null;
}
const takesMany = id => { const input = fileInputOf(id); return Boolean(input && (input.multiple || has(input, "webkitdirectory"))); };
// Whether an element takes what is dragged over it, as its page says by preventing the default.
function isDropZone(id) {
  const el = byNumber(id);
  const drag = type => new DragEvent(type, { bubbles: true, cancelable: true, composed: true, dataTransfer: new DataTransfer() });
  if (!el) return false;
  el.dispatchEvent(drag("dragenter"));
  const taken = !el.dispatchEvent(drag("dragover"));
  el.dispatchEvent(drag("dragleave"));
  return taken;
}
// The scrollable element at or around an element; the page itself if there is none.
function scrollerOf(id) {
  for (let node = id ? byNumber(id) : null; node && isElement(node); node = flatParent(node)) {
    const style = getComputedStyle(node);
    if ((/auto|scroll/.test(style.overflowY) && node.scrollHeight > node.clientHeight + 2) ||
        (/auto|scroll/.test(style.overflowX) && node.scrollWidth > node.clientWidth + 2)) return node;
  }
  return document.scrollingElement || document.documentElement;
}
function scrollBy(id, direction, pages) {
  const el = scrollerOf(id), before = [el.scrollLeft, el.scrollTop];
  const page = el === document.scrollingElement ? [innerWidth, innerHeight] : [el.clientWidth, el.clientHeight];
  const step = { up: [0, -1], down: [0, 1], left: [-1, 0], right: [1, 0] }[direction];
  if (direction === "top") el.scrollTo({ top: 0, behavior: "instant" });
  else if (direction === "bottom") el.scrollTo({ top: el.scrollHeight, behavior: "instant" });
  else el.scrollBy({ left: step[0] * page[0] * pages * 0.9, top: step[1] * page[1] * pages * 0.9, behavior: "instant" });
  return { moved: before[0] !== el.scrollLeft || before[1] !== el.scrollTop, x: el.scrollLeft, y: el.scrollTop,
    end: direction === "up" || direction === "top" ? el.scrollTop <= 0 : direction === "left" ? el.scrollLeft <= 0 :
      direction === "right" ? el.scrollLeft + el.clientWidth >= el.scrollWidth - 1 : el.scrollTop + el.clientHeight >= el.scrollHeight - 1 };
}
