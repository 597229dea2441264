// What of a list lies beyond what is shown: its scroller, a control for the next page, a "load more".
// Evaluated as a function that returns {scroller, next} of elements (or null), for one frame.
() => {
  const shown = (e) => (!e.checkVisibility || e.checkVisibility({ visibilityProperty: true })) && e.getBoundingClientRect().width > 0;
  const all = (root, wanted, found = []) => {
    for (const e of root.querySelectorAll("*")) {
      if (wanted(e)) found.push(e);
      if (e.shadowRoot) all(e.shadowRoot, wanted, found);
    }
    return found;
  };
  const parent = (e) => e.assignedSlot || e.parentElement || (e.getRootNode().host ?? null);
  const higher = (e) => e.scrollHeight > e.clientHeight + 8 && e.clientHeight > 40;
  const scrolls = (e) => higher(e) && /auto|scroll|overlay/.test(getComputedStyle(e).overflowY);
  const drawsBar = (e) => higher(e) && getComputedStyle(e).overflowY === "hidden";  // a list with a scroll bar of its own
  const role = (e) => (e.getAttribute("role") || "").toLowerCase();

  const rows = all(document, (e) => (e.localName === "tr" && e.cells.length > 1 && e.parentElement.localName !== "thead") || (role(e) === "row" && e.querySelector("[role=cell],[role=gridcell]"))).filter(shown);
  const around = (wanted) => {
    for (let e = rows.length ? rows[rows.length - 1] : null; e; e = parent(e)) if (wanted(e)) return e;
    return null;
  };
  let scroller = around(scrolls) || around(drawsBar);
  if (!scroller && !rows.length) {
    const area = (e) => e.clientWidth * e.clientHeight;
    const largest = (wanted) => all(document, (e) => wanted(e) && shown(e) && e.innerText?.trim()).sort((a, b) => area(b) - area(a))[0] || null;
    scroller = largest(scrolls) || largest(drawsBar);
  }
  const page = document.scrollingElement;
  if (!scroller && page && page.scrollHeight > page.clientHeight + 8) scroller = page;

  const disabled = (e) => {
    for (let at = e, level = 0; at && level < 2; at = parent(at), level += 1) {
      if (at.disabled || at.getAttribute("aria-disabled") === "true" || /(^|[-_\s])(is-)?disabled?($|[-_\s])/i.test(at.className?.baseVal ?? at.className ?? "")) return true;
    }
    return false;
  };
  const NEXT = /^(next( page)?|下一页|下页|后一页|go to (the )?next page)\s*[›»>→]?([,，].*)?$/i;
  const ARROW = /^[›»>→❯]$/;
  const MORE = /^(load|show|view|see) more\b.{0,20}$|^(加载|查看|显示)更多.{0,12}$|^more…?$/i;
  const named = (e) => [e.getAttribute("aria-label"), e.getAttribute("title"), (e.innerText || e.value || "").replace(/\s+/g, " ")].map((t) => (t || "").trim()).filter(Boolean);
  const pager = (e) => {
    for (let at = e, level = 0; at && level < 5; at = parent(at), level += 1) {
      if (/pag(er|ination)|分页/i.test(`${at.className?.baseVal ?? at.className ?? ""} ${at.getAttribute("aria-label") || ""} ${role(at)}`)) return true;
    }
    return false;
  };
  const controls = all(document, (e) => (/^(a|button|li|summary)$/.test(e.localName) || role(e) === "button" || role(e) === "link" || (e.localName === "input" && e.type === "button")) && shown(e) && !disabled(e));
  const isNext = (e) => e.rel === "next" || named(e).some((t) => NEXT.test(t)) || (pager(e) && (named(e).some((t) => ARROW.test(t)) || (/(^|[-_\s])next($|\s)/i.test(e.className?.baseVal ?? e.className ?? "") && !/^\d+$/.test(e.innerText?.trim() ?? ""))));
  const inner = (found) => found.find((e) => !found.some((other) => other !== e && e.contains(other))) || null;
  const more = inner(controls.filter((e) => named(e).some((t) => MORE.test(t))));
  const next = inner(controls.filter(isNext));
  return { scroller, next: next || more, loads: !next && Boolean(more) };
}
