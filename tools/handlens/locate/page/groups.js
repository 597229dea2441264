// The containers that a person would point to: rows, cards, dialogs, toolbars, sections.
const GROUP_TAGS = {
  tr: "row", li: "item", article: "item", dialog: "dialog", nav: "navigation", header: "header", footer: "footer",
  main: "main", aside: "sidebar", form: "form", fieldset: "group", section: "section", table: "table", ul: "list",
  ol: "list", menu: "menu", details: "section", figure: "figure", thead: "header", dl: "list", tbody: "", td: "cell", th: "cell",
};
const GROUP_ROLES = {
  row: "row", listitem: "item", treeitem: "item", article: "item", dialog: "dialog", alertdialog: "dialog",
  navigation: "navigation", banner: "header", contentinfo: "footer", main: "main", complementary: "sidebar",
  form: "form", search: "form", group: "group", radiogroup: "group", region: "section", table: "table", grid: "table",
  treegrid: "table", list: "list", listbox: "list", menu: "menu", menubar: "menu", toolbar: "toolbar",
  tablist: "tabs", tabpanel: "section", tree: "list", feed: "list", gridcell: "cell", cell: "cell", option: "item", alert: "alert", status: "alert",
};
const GROUP_CLASSES = [
  [/(^|[-_ ])(modal|dialog|popup|popover|lightbox|drawer)([-_ ]|$)/i, "dialog"],
  [/(^|[-_ ])(sidebar|sidenav|side-?bar|side-?nav|aside)([-_ ]|$)/i, "sidebar"],
  [/(^|[-_ ])(toolbar|tool-bar|btn-?group|button-?group|actions)([-_ ]|$)/i, "toolbar"],
  [/(^|[-_ ])(navbar|topbar|top-?nav|app-?bar|header)([-_ ]|$)/i, "header"],
  [/(^|[-_ ])(footer|statusbar|status-bar)([-_ ]|$)/i, "footer"],
  [/(^|[-_ ])(menu|dropdown)([-_ ]|$)/i, "menu"],
  [/(^|[-_ ])(card|panel|widget|tile)(?![-_](body|header|footer|title|content|text|img|image|block)\b)([-_ ]|$)/i, "item"],
  [/(^|[-_ ])(alert|toast|snackbar|notification|banner)([-_ ]|$)/i, "alert"],
];
function groupKind(el, repeated) {
  const role = attr(el, "role");
  if (role && role in GROUP_ROLES) return GROUP_ROLES[role];
  const tag = localName(el);
  if ((tag === "ul" || tag === "nav") && /(^|[-_ ])(sidebar|sidenav|side-?nav)([-_ ]|$)/i.test(attr(el, "class") || "")) return "sidebar";
  if (tag in GROUP_TAGS) return GROUP_TAGS[tag];
  if (repeated) return "item";
  const classes = attr(el, "class");
  if (classes && tag !== "body" && tag !== "html") {
    for (const [pattern, kind] of GROUP_CLASSES) if (pattern.test(classes)) return kind;
  }
  return "";
}
function groupHint(el) {
  return clip([attr(el, "id") || "", attr(el, "class") || ""].join(" ").trim(), 80);
}
function groupLabel(el) {
  const label = squash(attr(el, "aria-label") || "");
  if (label) return clip(label, 120);
  for (const id of idList(attr(el, "aria-labelledby")).slice(0, 3)) {
    const target = byId(el, id);
    if (target) return clip(squash(textContent(target)), 120);
  }
  const tag = localName(el);
  for (const wanted of tag === "fieldset" ? ["legend"] : tag === "table" ? ["caption"] : tag === "details" ? ["summary"] : []) {
    for (const child of siblings(el)) if (isElement(child) && localName(child) === wanted) return clip(squash(textContent(child)), 120);
  }
  return "";
}
// Children that repeat one shape under one parent are items of a list, whatever the author called them.
function repeatedChildren(children) {
  const found = new Set();
  const elements = children.filter(child => isElement(child) && child instanceof HTMLElement);
  if (elements.length < 2) return found;
  const bySignature = new Map();
  for (const el of elements) {
    const tag = localName(el);
    if (tag === "span" || tag === "br" || tag === "option" || tag === "script" || tag === "style") continue;
    const key = tag + "." + (attr(el, "class") || "").split(/\s+/)[0];
    if (!bySignature.has(key)) bySignature.set(key, []);
    bySignature.get(key).push(el);
  }
  for (const [key, same] of bySignature) {
    const structured = same.filter(el => el.childElementCount > 0);
    const named = !key.endsWith(".") || same.length === elements.length;
    if (structured.length >= 2 && structured.length * 2 >= same.length && named) for (const el of same) found.add(el);
  }
  return found;
}
// A menu inside an item of a menu is opened by pointing at the item.
function opensOnPointing(el) {
  const holder = flatParent(el);
  if (!holder || !isElement(holder)) return false;
  const menu = attr(el, "role") === "menu" || /(^|[-_ ])(dropdown-?menu|sub-?menu)([-_ ]|$)/i.test(attr(el, "class") || "");
  return menu && (localName(holder) === "li" || (attr(holder, "role") || "").startsWith("menuitem"));
}
// An item's own text, without that of the menu inside it.
function itemText(el) {
  let text = "";
  for (const child of siblings(el)) {
    if (nodeType(child) === 3) text += child.data;
    else if (isElement(child) && !["ul", "menu", "script", "style"].includes(localName(child)) && attr(child, "role") !== "menu") text += " " + textContent(child);
  }
  return text;
}
function columnHeader(cell, table, headers) {
  if (!table || cell.cellIndex === undefined || cell.cellIndex < 0) return "";
  let known = headers.get(table);
  if (!known) {
    const row = [...table.rows].slice(0, 3).find(r => [...r.cells].some(c => localName(c) === "th" && attr(c, "scope") !== "row"));
    known = { names: row ? [...row.cells].flatMap(c => Array(Math.min(c.colSpan, 50)).fill(clip(squash(textContent(c)), 60))) : [], cell: null, next: 0 };
    headers.set(table, known);
  }
  const before = cell.previousElementSibling; // cells are visited one after another
  const column = !before ? 0 : before === known.cell ? known.next : [...parentNode(cell).cells].slice(0, cell.cellIndex).reduce((sum, c) => sum + (c.colSpan || 1), 0);
  known.cell = cell; known.next = column + (cell.colSpan || 1);
  return known.names[column] || "";
}
