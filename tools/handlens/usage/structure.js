// Reads every table, ARIA grid and definition list of one frame, through open shadow roots, as it is shown.
// Evaluated as a function of {rows: <most rows a table may have>, secret: <selector of password fields>}; nothing in
// the page is changed.
// A cell is [text, x, y, width, height, column span, row span, is header, note].
(limits) => {
  const HIDDEN = { visibilityProperty: true, contentVisibilityAuto: false };
  const SKIPPED = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "HEAD", "META", "LINK"]);
  const GRIDS = new Set(["table", "grid", "treegrid"]);
  const CELLS = new Set(["cell", "gridcell", "columnheader", "rowheader"]);
  const visible = (element) => !element.checkVisibility || element.checkVisibility(HIDDEN);
  const role = (element) => (element.getAttribute("role") || "").trim().split(/\s+/)[0].toLowerCase();

  const children = (node) => {
    if (node.shadowRoot) return node.shadowRoot.childNodes;
    if (node.localName === "slot" && node.assignedNodes) {
      const given = node.assignedNodes({ flatten: true });
      if (given.length) return given;
    }
    return node.childNodes || [];
  };
  const isGrid = (element) => {
    const stated = role(element);
    if (element.localName === "table") return stated !== "presentation" && stated !== "none";
    return GRIDS.has(stated);
  };
  const findAll = (root, wanted, stop, found = []) => {
    for (const child of children(root)) {
      if (child.nodeType !== 1 || SKIPPED.has(child.nodeName)) continue;
      if (wanted(child)) found.push(child);
      if (!stop(child)) findAll(child, wanted, stop, found);
    }
    return found;
  };

  // --- the text of one cell -------------------------------------------------------------------------------------
  const cased = (text, transform) => {
    if (transform === "uppercase") return text.toUpperCase();
    if (transform === "lowercase") return text.toLowerCase();
    if (transform === "capitalize") return text.replace(/(^|\s)(\p{L})/gu, (all, gap, letter) => gap + letter.toUpperCase());
    return text;
  };
  const stated = (element) => {
    if (element.localName === "select") return [...element.selectedOptions].map((option) => option.text).join(", ");
    if (element.localName === "textarea") return element.value;
    if (element.localName === "input") {
      const unsaid = element.matches(limits.secret) || ["checkbox", "radio", "hidden", "file", "image"].includes(element.type);
      return unsaid ? "" : element.value;
    }
    return null;
  };
  const collect = (node, parts) => {
    if (node.nodeType === 3) {
      const text = node.data.replace(/[ \t\n\r\f\u00ad]+/g, " ");
      if (text.trim()) parts.push(cased(text, getComputedStyle(node.parentElement || node.getRootNode().host).textTransform));
      else if (text) parts.push(" ");
      return;
    }
    if (node.nodeType !== 1 || SKIPPED.has(node.nodeName)) return;
    if (node.localName === "br") { parts.push("\n"); return; }
    const style = getComputedStyle(node);
    if (style.display === "none") return;
    if (style.visibility !== "visible" && style.display !== "contents" && !node.children.length) return;
    if (isGrid(node)) return;
    const value = stated(node);
    const apart = !/^(inline|contents|none|ruby)/.test(style.display) || style.float !== "none";
    const inlineBlock = style.display.startsWith("inline-");
    if (apart) parts.push("\n"); else if (inlineBlock) parts.push("\u200b");
    if (value !== null) parts.push(value);
    else for (const child of children(node)) collect(child, parts);
    if (apart) parts.push("\n"); else if (inlineBlock) parts.push("\u200b");
  };
  const tidy = (parts) => parts.join("").replace(/\u200b+/g, " ").split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim()).filter(Boolean).join("\n");

  const TIPS = ["title", "data-title", "data-tooltip", "data-original-title", "data-bs-original-title", "aria-label", "data-tip"];
  const whole = (element, text) => {  // a text that ends in an ellipsis, with its whole in a tooltip's attribute
    const cut = text.match(/^([^]*?)\s*(?:…|\.\.\.)\s*([^]*)$/);
    if (!cut) return text;
    for (const holder of [element, ...findAll(element, () => true, () => false)]) {
      for (const name of TIPS) {
        const tip = (holder.getAttribute(name) || "").trim();
        if (tip.length > cut[1].length && tip.startsWith(cut[1]) && tip.endsWith(cut[2])) return tip;
      }
    }
    return text;
  };
  const share = (element) => {  // the value of a bar that shows no number
    for (const bar of [element, ...findAll(element, () => true, () => false)]) {
      const name = bar.localName;
      if (name === "progress" || name === "meter") {
        const low = bar.min || 0;
        if (bar.position !== -1 && bar.max > low) return [(100 * (bar.value - low)) / (bar.max - low), null];
      }
      if (["progressbar", "meter", "slider"].includes(role(bar)) && bar.hasAttribute("aria-valuenow")) {
        const text = bar.getAttribute("aria-valuetext");
        if (text && /\d/.test(text)) return [text, null];
        const low = Number(bar.getAttribute("aria-valuemin") || 0);
        const high = Number(bar.getAttribute("aria-valuemax") || 100);
        if (high > low) return [(100 * (Number(bar.getAttribute("aria-valuenow")) - low)) / (high - low), null];
      }
      const width = /^([\d.]+)%$/.exec(bar.style ? bar.style.width : "");
      if (width && !bar.textContent.trim() && /bar|progress|fill|meter|gauge|percent/i.test(`${bar.className} ${bar.parentElement && bar.parentElement.className}`)) {
        return [Number(width[1]), "read from a bar's length"];
      }
    }
    return null;
  };
  const label = (element) => {  // what a cell with nothing but an icon is called
    for (const holder of [...findAll(element, () => true, () => false), element]) {
      if (holder.localName === "svg") {
        const title = [...holder.children].find((child) => child.localName === "title");
        if (title && title.textContent.trim()) return title.textContent.trim();
      }
      for (const name of ["alt", "aria-label", "title"]) {
        const text = (holder.getAttribute(name) || "").trim();
        if (text && visible(holder)) return text;
      }
    }
    return "";
  };
  const cell = (element) => {
    const parts = [];
    for (const child of children(element)) collect(child, parts);
    let text = whole(element, tidy(parts));
    let note = null;
    if (!text) {
      const bar = share(element);
      if (bar) {
        text = typeof bar[0] === "string" ? bar[0] : `${Math.round(bar[0] * 100) / 100}%`;
        note = bar[1];
      } else {
        text = label(element);
      }
    }
    const box = element.getBoundingClientRect();
    const header = element.localName === "th" || /header$/.test(role(element));
    const columns = Number(element.getAttribute("aria-colspan")) || element.colSpan || 1;
    const rows = Number(element.getAttribute("aria-rowspan")) || element.rowSpan || 1;
    return [text.slice(0, 4000), box.x, box.y, box.width, box.height, columns, rows, header, note];
  };

  // --- tables ---------------------------------------------------------------------------------------------------
  const shown = (row) => visible(row) && row.getBoundingClientRect().height > 0;
  const caption = (element) => {
    const own = element.caption || null;
    if (own && own.textContent.trim()) return own.textContent.trim();
    const named = element.getAttribute("aria-label");
    if (named) return named.trim();
    const ids = (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean);
    const said = ids.map((id) => element.getRootNode().getElementById?.(id)?.textContent.trim() || "").join(" ").trim();
    return said || heading(element);
  };
  const heading = (element) => {  // the nearest heading before it, up to four levels out
    let at = element;
    for (let level = 0; level < 4 && at; level += 1) {
      for (let before = at.previousElementSibling; before; before = before.previousElementSibling) {
        const heads = before.matches("h1,h2,h3,h4,h5,h6,legend,[role=heading]") ? [before] : before.querySelectorAll("h1,h2,h3,h4,h5,h6,legend,[role=heading]");
        if (heads.length) return heads[heads.length - 1].textContent.replace(/\s+/g, " ").trim();
      }
      at = at.parentElement;
    }
    return "";
  };
  const plainTable = (element) => {
    const head = [];
    const rows = [];
    for (const row of element.rows) {
      if (row.parentElement.localName === "tfoot" || !shown(row)) continue;
      const line = [...row.cells].filter((each) => each.checkVisibility ? getComputedStyle(each).display !== "none" : true).map(cell);
      if (!line.length) continue;
      (row.parentElement.localName === "thead" ? head : rows).push(line);
      if (rows.length >= limits.rows) break;
    }
    return { kind: "table", head, rows };
  };
  const index = (element, name) => Number(element.getAttribute(name)) || 0;
  const ariaGrid = (element) => {
    const lines = new Map();
    const found = findAll(element, (e) => role(e) === "row" || e.localName === "tr", isGrid);
    found.forEach((row, position) => {
      if (!shown(row) || lines.size >= limits.rows) return;
      const cells = findAll(row, (e) => CELLS.has(role(e)), (e) => CELLS.has(role(e)) || isGrid(e)).filter(visible);
      const key = index(row, "aria-rowindex") || `at ${position}`;
      lines.set(key, [...(lines.get(key) || []), ...cells]);
    });
    const head = [];
    const rows = [];
    const top = ([, cells]) => (cells.length ? cells[0].getBoundingClientRect().y : 0);
    const ordered = [...lines].sort((a, b) => (typeof a[0] === "number" && typeof b[0] === "number" ? a[0] - b[0] : top(a) - top(b)));
    for (const [, cells] of ordered) {
      if (!cells.length) continue;
      if (cells.every((each) => index(each, "aria-colindex"))) {
        cells.sort((a, b) => index(a, "aria-colindex") - index(b, "aria-colindex"));
      }
      (cells.every((each) => role(each) === "columnheader") ? head : rows).push(cells.map(cell));
    }
    return { kind: "grid", head, rows };
  };
  const definitions = (element) => {
    const rows = [];
    let term = null;
    for (const each of findAll(element, (e) => e.localName === "dt" || e.localName === "dd", (e) => e.localName === "dl")) {
      if (!visible(each)) continue;
      if (each.localName === "dt") term = cell(each);
      else if (term) { rows.push([term, cell(each)]); term = null; }
    }
    return { kind: "list", head: [], rows };
  };
  const tables = findAll(document, (e) => (isGrid(e) || e.localName === "dl") && visible(e), () => false).map((element) => {
    const read = element.localName === "table" ? plainTable(element) : element.localName === "dl" ? definitions(element) : ariaGrid(element);
    const total = index(element, "aria-rowcount");
    return { ...read, name: caption(element).slice(0, 200), total: total > 0 ? total - read.head.length : null };
  });

  // --- what kind of page this is --------------------------------------------------------------------------------
  const anywhere = (selector) => findAll(document, (e) => e.matches(selector) && visible(e) && e.getBoundingClientRect().width > 0, () => false);
  const BUSY = "[aria-busy=true], .ant-spin-spinning, .el-loading-mask, .next-loading-tip, .MuiCircularProgress-indeterminate, .MuiSkeleton-root, .ant-skeleton-active, .skeleton, .spinner, .spinner-border, .loading, .loader, [role=progressbar]:not([aria-valuenow]):not([aria-valuetext])";
  const turning = () => document.getAnimations().some((animation) => {
    const timing = animation.effect && animation.effect.getTiming();
    return timing && timing.iterations === Infinity && animation.playState === "running";
  });
  const rendered = tables.some((table) => table.rows.length);
  return JSON.stringify({  // one string crosses to Python much faster than a hundred thousand values
    tables,
    status: performance.getEntriesByType("navigation")[0]?.responseStatus || null,
    language: document.documentElement.lang || navigator.language || "",
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    title: document.title.slice(0, 300),
    text: (document.body ? document.body.innerText : "").slice(0, 4000),
    passwords: anywhere("input[type=password]").length,
    challenges: anywhere("iframe[src*=captcha], iframe[src*=challenges], iframe[title*=captcha i], .g-recaptcha, .h-captcha, .cf-turnstile, [id*=captcha i], [class*=captcha i]").length,
    busy: anywhere(BUSY).length > 0 || (!rendered && turning()),
  });
}
