// What else can be said of an element: its states, the words that its author left in attributes, its look.
const STATE_ATTRIBUTES = {
  "aria-checked": "checked", "aria-selected": "selected", "aria-expanded": "expanded", "aria-pressed": "pressed",
  "aria-disabled": "disabled", "aria-readonly": "readonly", "aria-required": "required", "aria-invalid": "invalid",
  "aria-busy": "busy",
};
function statesOf(el, role) {
  const states = [];
  for (const name in STATE_ATTRIBUTES) {
    const value = attr(el, name);
    if (value === null || value === "") continue;
    const state = STATE_ATTRIBUTES[name];
    if (value === "true" || value === "grammar" || value === "spelling") states.push(state);
    else if (value === "mixed") states.push("mixed");
    else if (state === "checked" || state === "selected" || state === "expanded" || state === "pressed") states.push("not " + state);
  }
  const current = attr(el, "aria-current");
  if (current && current !== "false") states.push("current");
  if (attr(el, "aria-haspopup") && attr(el, "aria-haspopup") !== "false") states.push("popup");
  if (el instanceof HTMLInputElement && (el.type === "checkbox" || el.type === "radio")) {
    states.push(el.indeterminate ? "mixed" : el.checked ? "checked" : "not checked");
  }
  if (el instanceof HTMLOptionElement) states.push(el.selected ? "selected" : "not selected");
  if (localName(el) === "summary") {
    const details = parentNode(el);
    if (details instanceof HTMLDetailsElement) states.push(details.open ? "expanded" : "not expanded");
  }
  if (role === "switch" && isDrawnSwitch(el)) states.push(/(^|[-_ ])(on|active|checked|enabled)([-_ ]|$)/i.test(attr(el, "class")) ? "checked" : "not checked");
  if (matches(el, ":disabled")) states.push("disabled");
  if (isReadOnly(el)) states.push("readonly");
  if (el.required === true) states.push("required");
  if (rootOf(el).activeElement === el) states.push("focused");
  if ((role === "textbox" || role === "searchbox" || role === "combobox") && "value" in el && valueOf(el) === "" && el.value === "") states.push("empty");
  return states;
}
// Boxes to tick take no notice of the attribute, and what opens a list is only not typed into.
const isReadOnly = el => el.readOnly === true && el.type !== "checkbox" && el.type !== "radio" && roleOf(el) !== "combobox";
// A switch that is one by its drawing alone.
function isDrawnSwitch(el) {
  if (!/(^|[-_ ])(toggle|switch)([-_ ]|$)/i.test(attr(el, "class") || "") || el.childElementCount > 1 || textContent(el).trim() || el.closest("label,button,a,[role]")) return false;
  const box = rectOf(el);
  return box.height >= 10 && box.height <= 44 && box.width >= 1.3 * box.height && box.width <= 3 * box.height;
}
function valueOf(el) {
  if (el instanceof HTMLInputElement) {
    if (isSecret(el) || ["checkbox", "radio", "file", "submit", "button", "reset", "image", "hidden"].includes(el.type)) return "";
    const frame = roleOf(el) === "combobox" ? frameOf(el) : null;
    return clip(frame ? shownIn(frame) : el.value, 120);
  }
  if (el instanceof HTMLTextAreaElement) return clip(squash(el.value), 120);
  if (el instanceof HTMLSelectElement) return clip(squash([...el.selectedOptions].map(o => o.text).join(", ")), 120);
  const parts = roleOf(el) === "group" ? partsOf(el) : null;
  if (parts) return squash(parts.map(one => one.shown).join(" "));
  const said = attr(el, "aria-valuetext") || attr(el, "aria-valuenow") || (roleOf(el) === "combobox" ? textContent(el) : "");
  return clip(squash(said), 60);
}

// From where to where a slider or number field goes, "" where that is not said.
function rangeOf(el, role) {
  if (role !== "slider" && role !== "spinbutton") return "";
  const own = el instanceof HTMLInputElement, fallback = own && el.type === "range" ? ["0", "100"] : ["", ""];
  const limit = text => Math.abs(Number(text)) >= 1e15 ? "" : text; // the largest number that JavaScript knows is no limit
  const low = limit((own && el.min) || attr(el, "aria-valuemin") || fallback[0]), high = limit((own && el.max) || attr(el, "aria-valuemax") || fallback[1]);
  return low || high ? clip(low, 20) + "–" + clip(high, 20) : "";
}

const HINT_ATTRIBUTES = ["data-icon", "data-lucide", "data-feather", "data-action", "data-command", "data-cmd",
  "data-testid", "data-test", "data-test-id", "data-qa", "data-cy", "data-id", "data-name", "data-key", "data-type",
  "data-toggle", "data-bs-toggle", "data-dismiss", "data-bs-dismiss", "icon", "name", "data-value", "data-color",
  "ng-click", "@click", "v-on:click", "data-role", "slot", "part", "formaction"];
const TOOLTIP_ATTRIBUTES = ["title", "data-tooltip", "data-original-title", "data-bs-original-title", "data-tippy-content",
  "data-title", "data-tip", "data-balloon", "data-hint", "aria-description", "alt", "aria-roledescription", "aria-keyshortcuts"];
const fileName = url => {
  const match = /(?:^|[/\\])([^/\\?#]+?)(?:\.[a-z0-9]{2,5})?(?:[?#].*)?$/i.exec(url || "");
  return match && !/^data:/i.test(url) ? match[1].slice(0, 60) : "";
};
const imageName = css => [...(css || "").matchAll(/url\("?([^")]+)"?\)/g)].map(m => fileName(m[1])).join(" ");

// An icon font's ligature: the icon's name as its text.
function ligature(el) {
  if (el.childElementCount || !/icon|symbol/i.test(attr(el, "class") || localName(el))) return "";
  const text = textContent(el).trim();
  return /^[a-z][a-z0-9_]{1,40}$/.test(text) ? text : "";
}
function ownHints(el, hints, deep) {
  const classes = attr(el, "class");
  if (classes) hints.push(classes.slice(0, 160));
  const id = attr(el, "id");
  if (id) hints.push(id.slice(0, 60));
  for (const name of HINT_ATTRIBUTES) {
    const value = attr(el, name);
    if (value) hints.push(value.slice(0, 60));
  }
  if (deep) for (const name of el.getAttributeNames()) {
    if (/^data-.*(tip|title|label|command|action|icon|name)/.test(name) && !HINT_ATTRIBUTES.includes(name)) hints.push(attr(el, name).slice(0, 60));
  }
  const tag = localName(el);
  const word = ligature(el);
  if (word) hints.push(word);
  if (tag === "use") {
    const ref = attr(el, "href") || el.getAttributeNS("http://www.w3.org/1999/xlink", "href") || "";
    hints.push((ref.split("#")[1] || fileName(ref)).slice(0, 60));
  } else if (tag === "img" || tag === "image" || tag === "input") {
    hints.push(fileName(attr(el, "src") || attr(el, "href") || ""));
  } else if (tag === "path" && deep) {
    const d = attr(el, "d");
    if (d) hints.push("path:" + pathKey(d));
  } else if (isElement(el) && tag.includes("-")) hints.push(tag);
}
// Icon sets ship the same outlines everywhere: a short key of an outline's numbers stands for its name.
function pathKey(d) {
  let hash = 2166136261;
  const text = d.replace(/[\s,]+/g, " ").trim().slice(0, 200);
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return (hash >>> 0).toString(36);
}
function hintsOf(el, deep) {
  const hints = [], tips = [];
  let budget = deep ? 12 : 3;
  const visit = (node, depth) => {
    if (budget-- <= 0) return;
    ownHints(node, hints, deep);
    if (depth || isSvg(node)) {
      const label = attr(node, "aria-label");
      if (label) tips.push(label.slice(0, 80));
    }
    for (const name of TOOLTIP_ATTRIBUTES) {
      const value = attr(node, name);
      if (value) tips.push(value.slice(0, 120));
    }
    if (isSvg(node)) for (const child of siblings(node)) if (isElement(child) && localName(child) === "title") tips.push(squash(textContent(child)).slice(0, 80));
    if (depth < 4) for (const child of flatChildren(node)) if (isElement(child)) visit(child, depth + 1);
  };
  visit(el, 0);
  if (deep) {
    const style = getComputedStyle(el);
    const image = imageName(style.backgroundImage) || imageName(style.maskImage || style.webkitMaskImage);
    if (image) hints.push(image);
    for (const which of ["::before", "::after"]) {
      const look = getComputedStyle(el, which);
      if (look.content && look.content !== "none" && look.content !== "normal") {
        const glyph = look.content.replace(/^"|"$/g, "");
        if (glyph) hints.push("glyph:" + [...glyph].slice(0, 2).map(c => c.codePointAt(0).toString(16)).join("-"));
        hints.push(imageName(look.backgroundImage) || imageName(look.maskImage || look.webkitMaskImage));
      }
    }
  }
  for (const id of idList(attr(el, "aria-describedby")).slice(0, 2)) {
    const target = byId(el, id);
    if (target) tips.push(clip(squash(textContent(target)), 120));
  }
  return [clip(hints.filter(Boolean).join(" "), 500), clip([...new Set(tips)].join(" | "), 240)];
}

// What the icons are called that stand in a text as words do.
function inlineIcons(el) {
  const hints = [];
  for (let child = firstElement(el); child && hints.length < 12; child = nextElement(child)) {
    if ((LEAF_ICONS.has(localName(child)) || isSvg(child)) && !textContent(child).trim()) hints.push(hintsOf(child, true)[0]);
  }
  return clip(hints.filter(Boolean).join(" "), 200);
}

const solid = colour => colour && colour !== "transparent" && !/^rgba\(.*,\s*0\)$/.test(colour) && !/\/\s*0\)$/.test(colour);
function backgroundOf(el) {
  for (let node = el, depth = 0; node && isElement(node) && depth < 3; node = flatParent(node), depth++) {
    const colour = getComputedStyle(node).backgroundColor;
    if (solid(colour)) return colour;
  }
  return "";
}
function shapeOf(el, style, rect) {
  const tag = localName(el);
  if (isSvg(el)) {
    if (tag === "circle" || tag === "ellipse" || tag === "line" || tag === "text") return tag;
    if (tag === "rect") return Math.abs(rect.width - rect.height) < 2 ? "square" : "rectangle";
    if (tag === "polygon" || tag === "polyline") {
      const points = (attr(el, "points") || "").trim().split(/[\s,]+/).length / 2;
      return points === 3 ? "triangle" : points === 4 ? "quadrilateral" : points === 5 ? "pentagon" : points === 6 ? "hexagon" : "polygon";
    }
    return "";
  }
  if (rect.width > 3 && Math.abs(rect.width - rect.height) < 2 && parseFloat(style.borderTopLeftRadius) >= (style.borderTopLeftRadius.endsWith("%") ? 50 : rect.width / 2 - 1)) return "circle";
  return "";
}
