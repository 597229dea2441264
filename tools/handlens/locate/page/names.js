// Roles and accessible names: https://www.w3.org/TR/html-aam-1.0/ and https://www.w3.org/TR/accname-1.2/
const INPUT_ROLES = {
  button: "button", submit: "button", reset: "button", image: "button", color: "colorpicker", file: "filechooser",
  checkbox: "checkbox", radio: "radio", range: "slider", number: "spinbutton", search: "searchbox",
  date: "datepicker", month: "datepicker", week: "datepicker", time: "datepicker", "datetime-local": "datepicker",
};
const TAG_ROLES = {
  button: "button", textarea: "textbox", summary: "button", option: "option", optgroup: "group", img: "img",
  svg: "img", canvas: "canvas", video: "video", audio: "audio", dialog: "dialog", table: "table", tr: "row",
  td: "cell", th: "columnheader", li: "listitem", ul: "list", ol: "list", menu: "list", nav: "navigation",
  main: "main", aside: "complementary", form: "form", fieldset: "group", article: "article", h1: "heading",
  h2: "heading", h3: "heading", h4: "heading", h5: "heading", h6: "heading", progress: "progressbar",
  meter: "meter", output: "status", details: "group", p: "paragraph", label: "label", legend: "legend",
  dt: "term", dd: "definition", figure: "figure", hr: "separator", iframe: "frame",
};
const CONTENT_ROLES = new Set(("button cell checkbox columnheader gridcell heading link menuitem menuitemcheckbox " +
  "menuitemradio option radio row rowheader switch tab tooltip treeitem label legend term definition paragraph " +
  "listitem generic text").split(" "));
const KNOWN_ROLES = new Set(("alert alertdialog application article banner button cell checkbox columnheader combobox " +
  "complementary contentinfo definition dialog directory document feed figure form grid gridcell group heading img " +
  "link list listbox listitem log main marquee math menu menubar menuitem menuitemcheckbox menuitemradio meter " +
  "navigation none note option presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar " +
  "search searchbox separator slider spinbutton status switch tab table tablist tabpanel term textbox timer toolbar " +
  "tooltip tree treegrid treeitem image").split(" "));

function roleOf(el) {
  const given = attr(el, "role");
  if (given) {
    for (const word of given.toLowerCase().split(/\s+/)) {
      if (KNOWN_ROLES.has(word)) {
        if (word === "none" || word === "presentation") break;
        return word === "image" ? "img" : word;
      }
    }
  }
  const tag = localName(el);
  if (tag === "a" || tag === "area") return has(el, "href") ? "link" : "generic";
  if (tag === "input") {
    const type = (attr(el, "type") || "text").toLowerCase();
    if (INPUT_ROLES[type]) return INPUT_ROLES[type];
    return has(el, "list") ? "combobox" : "textbox";
  }
  if (tag === "select") return el.multiple || el.size > 1 ? "listbox" : "combobox";
  if (tag === "th") return attr(el, "scope") === "row" ? "rowheader" : "columnheader";
  if (tag === "header" || tag === "footer") return tag === "header" ? "banner" : "contentinfo";
  if (tag === "section") return has(el, "aria-label") || has(el, "aria-labelledby") ? "region" : "generic";
  if (tag === "button" && attr(el, "aria-haspopup") === "listbox" && !parentNode(el)?.querySelector?.("[role=combobox]")) return "combobox";
  if (isEditable(el)) return "textbox";
  return TAG_ROLES[tag] || (isDrawnSwitch(el) ? "switch" : "generic");
}
function isEditable(el) {
  const value = attr(el, "contenteditable");
  return value !== null && value !== "false" && el instanceof HTMLElement;
}

const isHidden = el => {
  const style = getComputedStyle(el);
  return style.display === "none" || style.visibility === "hidden" || style.visibility === "collapse";
};
const isPrivateUse = text => /^[\s\p{Co}\p{Cn}]*$/u.test(text);

function pseudo(el, which) {
  const content = getComputedStyle(el, which).content;
  if (!content || content === "none" || content === "normal") return "";
  const alternative = content.match(/\/\s*"((?:[^"\\]|\\.)*)"\s*$/);
  if (alternative) return alternative[1];
  const text = [...content.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(m => m[1]).join("");
  return isPrivateUse(text) ? "" : text;
}

// `via` is how the traversal came here: "" at the start, "label" through a reference or label, "content" below it.
function nameOf(el, via = "", seen = new Set()) {
  if (seen.has(el) || seen.size > 400) return "";
  seen.add(el);
  if (via === "content" && (isHidden(el) || attr(el, "aria-hidden") === "true")) return "";
  if (via !== "label") {
    const referenced = idList(attr(el, "aria-labelledby")).map(id => byId(el, id)).filter(Boolean);
    if (referenced.length) {
      const name = squash(referenced.map(r => nameOf(r, "label", new Set(r === el ? [] : [el]))).join(" "));
      if (name) return name;
    }
  }
  const role = roleOf(el);
  if (via && !(via === "label" && seen.size === 1)) {
    const value = embeddedValue(el, role);
    if (value !== null) return value;
  }
  const label = squash(attr(el, "aria-label") || "");
  if (label) return label;
  const native = nativeName(el, role, seen);
  if (native) return native;
  if (via || CONTENT_ROLES.has(role)) {
    const content = contentName(el, seen);
    if (content) return content;
  }
  if (isSvg(el)) return "";
  return squash(attr(el, "title") || "") || (role === "textbox" || role === "searchbox" || role === "combobox"
    ? squash(attr(el, "placeholder") || attr(el, "aria-placeholder") || "") : "");
}
function embeddedValue(el, role) {
  if (role === "textbox" || role === "searchbox") {
    if (isSecret(el)) return "";
    return el instanceof HTMLInputElement || el instanceof HTMLTextAreaElement ? squash(el.value) : null;
  }
  if (el instanceof HTMLSelectElement) return squash([...el.selectedOptions].map(o => o.text).join(" "));
  if (role === "slider" || role === "spinbutton") {
    return squash(attr(el, "aria-valuetext") || attr(el, "aria-valuenow") || (el.value ?? ""));
  }
  return null;
}
function nativeName(el, role, seen) {
  const tag = localName(el);
  if (el instanceof HTMLInputElement) {
    const type = el.type;
    if (type === "submit" || type === "reset" || type === "button") {
      const labelled = labelName(el, seen);
      return labelled || squash(el.value) || (type === "submit" ? "Submit" : type === "reset" ? "Reset" : "");
    }
    if (type === "image") return labelName(el, seen) || squash(attr(el, "alt") || attr(el, "title") || "Submit");
    return labelName(el, seen);
  }
  if (el instanceof HTMLSelectElement || el instanceof HTMLTextAreaElement || tag === "meter" || tag === "progress" ||
      tag === "output" || tag === "button") return labelName(el, seen);
  if (tag === "img" || tag === "area") return squash(attr(el, "alt") || "");
  if (tag === "fieldset") return childName(el, "legend", seen);
  if (tag === "figure") return childName(el, "figcaption", seen);
  if (tag === "table") return childName(el, "caption", seen);
  if (tag === "optgroup") return squash(attr(el, "label") || "");
  if (tag === "option" && attr(el, "label")) return squash(attr(el, "label"));
  if (isSvg(el)) {
    for (const child of siblings(el)) if (isElement(child) && localName(child) === "title") return squash(textContent(child));
    return squash(el.getAttributeNS("http://www.w3.org/1999/xlink", "title") || "");
  }
  return "";
}
let labels = null; // while a page is read: root -> its controls with their labels; `el.labels` walks the whole tree each time
function labelsOf(el) {
  if (labels === null) return el.labels ? [...el.labels] : [];
  const root = rootOf(el);
  let known = labels.get(root);
  if (!known) {
    labels.set(root, known = new Map());
    for (const label of root.querySelectorAll ? root.querySelectorAll("label") : []) {
      const control = label.control;
      if (control) known.set(control, [...(known.get(control) || []), label]);
    }
  }
  return known.get(el) || [];
}
function labelName(el, seen) {
  const found = labelsOf(el);
  return found.length ? squash(found.slice(0, 4).map(label => nameOf(label, "label", new Set(seen))).join(" ")) : "";
}
function childName(el, tag, seen) {
  for (const child of siblings(el)) if (isElement(child) && localName(child) === tag) return nameOf(child, "content", seen);
  return "";
}
let hasty = false; // far from view, generated content is looked for only where there is no other name
function contentName(el, seen) {
  const parts = [];
  let length = 0;
  if (localName(el) === "iframe" || localName(el) === "style" || localName(el) === "script") return "";
  const before = hasty ? "" : pseudo(el, "::before");
  if (before) parts.push(before);
  for (const child of flatChildren(el)) {
    if (length > 400) break;
    let text = "";
    if (nodeType(child) === 3) text = child.data;
    else if (isElement(child)) {
      text = nameOf(child, "content", seen);
      if (text) {
        const display = getComputedStyle(child).display;
        if (!display.startsWith("inline") || display !== "inline" || localName(child) === "br") text = " " + text + " ";
      } else if (localName(child) === "br") text = " ";
    }
    length += text.length;
    parts.push(text);
  }
  for (const id of idList(attr(el, "aria-owns")).slice(0, 20)) {
    const owned = byId(el, id);
    if (owned) parts.push(" " + nameOf(owned, "content", seen));
  }
  const after = hasty ? "" : pseudo(el, "::after");
  if (after) parts.push(after);
  return squash(parts.join(""));
}
