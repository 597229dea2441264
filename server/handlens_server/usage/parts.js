// Elements, and how numbers and times are written.

/** An element; children that are text stay text. */
export function make(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

export function drawn(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export function replaceText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

/** One child for each item, in order; those of the same key stay the same element, so that focus and input stay. */
export function keyed(parent, items, key, create, update) {
  const known = new Map([...parent.children].map(child => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let node = known.get(name);
    if (node) known.delete(name);
    else {
      node = create(item);
      node.dataset.key = name;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
  for (const node of known.values()) node.remove();
}

export const percent = value => `${value >= 99.95 || value < 0.05 ? Math.round(value) : value.toFixed(1)} %`;

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let step = 0;
  while (value >= 1024 && step < units.length - 1) { value /= 1024; step += 1; }
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toPrecision(3)} ${units[step]}`;
}

export function length(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

export const ago = time => `${length((Date.now() - new Date(time)) / 1000)} ago`;

export function clock(time) {
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime())) return String(time);
  const today = moment.toDateString() === new Date().toDateString();
  return moment.toLocaleString([], today ? {hour: "2-digit", minute: "2-digit", second: "2-digit"} : {month: "short", day: "numeric", hour: "2-digit", minute: "2-digit"});
}
