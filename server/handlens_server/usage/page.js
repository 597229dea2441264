// The usage page. All that consoles say is text to it: nothing is ever parsed as markup.
import {make, keyed, replaceText, bytes, percent, ago, length, clock} from "/usage/parts.js";
import {spark, detail} from "/usage/charts.js";
import {alertCard, reviewCard} from "/usage/cards.js";

const REFRESH_MS = 10_000;
const RANGES = {"1 h": 1, "6 h": 6, "24 h": 24, "7 d": 168};
const MOST_ROWS = 50;
const FEW_CONSOLES = 8;
const at = id => document.getElementById(id);
const TRENDS_MS = 60_000;
const view = {hours: 24, visible: new Set(), open: new Map(), shown: new Map(), trends: new Map(), state: null, told: null};

async function ask(path, body) {
  const answer = await fetch(path, body && {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401) signIn();
  if (!answer.ok) throw new Error(said.error || `The server answered ${answer.status}.`);
  return said;
}

function signIn() {
  at("main").hidden = true;
  at("message").hidden = at("login").hidden = false;
  replaceText(at("message-text"), "");
}

at("login").addEventListener("submit", async event => {
  event.preventDefault();
  replaceText(at("login-wrong"), "");
  try {
    await ask("/usage/api/login", {token: at("token").value});
    at("token").value = "";
    at("message").hidden = at("login").hidden = true;
    await refresh();
  } catch (error) {
    replaceText(at("login-wrong"), error.message);
  }
});

async function refresh() {
  try {
    view.state = await ask("/usage/api/state");
    view.told = Date.now();
    at("message").hidden = true;
    at("main").hidden = false;
    render();
    await trendsOfVisible();
  } catch (error) {
    if (view.state === null && at("login").hidden) {
      at("message").hidden = false;
      replaceText(at("message-text"), error.message);
    }
  }
  fresh();
}

async function decide(number, body) {
  await ask(`/usage/api/reviews/${number}`, body);
  await refresh();
}

const onScreen = name => view.state.consoles.length <= FEW_CONSOLES || view.visible.has(name);
const trendsOfVisible = () => Promise.all(view.state.consoles.filter(console => onScreen(console.name)).map(trendsOf));

async function trendsOf(console) {
  const known = view.trends.get(console.name);
  if (known?.hours === view.hours && Date.now() - known.asked < TRENDS_MS) return;
  const query = new URLSearchParams({console: console.name, metric: console.trend, hours: view.hours});
  const found = await ask(`/usage/api/trends?${query}`);
  if (found.hours !== view.hours) return;
  view.trends.set(console.name, {...found, asked: Date.now()});
  const card = [...at("consoles").children].find(one => one.dataset.key === console.name);
  if (card) fillRows(card, console);
}

/** Of many consoles only those that are on the screen are filled and asked about: there may be hundreds. */
const watching = new IntersectionObserver(entries => {
  for (const {target, isIntersecting} of entries) {
    const name = target.dataset.key;
    if (!isIntersecting) { view.visible.delete(name); continue; }
    view.visible.add(name);
    const console = view.state.consoles.find(one => one.name === name);
    if (!console) continue;
    updateConsole(target, console);
    trendsOf(console).catch(() => {});
  }
}, {rootMargin: "200px"});

function fresh() {
  const age = view.told === null ? null : (Date.now() - view.told) / 1000;
  at("fresh").classList.toggle("stale", age !== null && age > 60);
  replaceText(at("fresh"), age === null ? "" : age > 60 ? `The server does not answer; this is ${length(age)} old` : `Updated ${clock(view.told)}`);
}

function render() {
  const {consoles, alerts, reviews} = view.state;
  const rows = consoles.flatMap(console => console.rows);
  const running = rows.filter(row => row.status === "running");
  const gpus = running.map(row => row.gpu).filter(gpu => gpu !== null);
  const mean = gpus.length ? gpus.reduce((sum, gpu) => sum + gpu, 0) / gpus.length : null;
  const marked = rows.filter(row => row.marks.length).length;
  const unread = consoles.filter(console => console.failures || console.late).length;
  tiles([
    ["Tasks running", running.length, ""],
    ["Mean GPU", mean === null ? "–" : percent(mean), ""],
    ["Marked by rules", marked, marked ? "warn" : ""],
    ["Open alerts", alerts.length, alerts.length ? "bad" : ""],
    ["To review", view.state.waiting, view.state.waiting ? "warn" : ""],
    ["Consoles unread", unread, unread ? "bad" : ""],
  ]);
  part("alerts", alerts, alert => `${alert.console}\n${alert.task}\n${alert.rule}\n${alert.opened_at}`, alertCard);
  part("reviews", reviews, review => String(review.id), review => reviewCard(review, view.state.statuses, decide));
  replaceText(at("reviews-count"), view.state.waiting > reviews.length ? `${reviews.length} of ${view.state.waiting}` : reviews.length || "");
  at("consoles-none").hidden = consoles.length > 0;
  keyed(at("consoles"), consoles, console => console.name, consoleCard, updateConsole);
  document.title = `${alerts.length ? `(${alerts.length}) ` : ""}Usage · handlens`;
}

function tiles(values) {
  keyed(at("tiles"), values, ([name]) => name,
    ([name]) => make("dl", {class: "tile"}, make("dt", {}, name), make("dd")),
    (tile, [, value, kind]) => { tile.className = `tile ${kind}`; replaceText(tile.querySelector("dd"), value); });
}

function part(name, items, key, create) {
  replaceText(at(`${name}-count`), items.length || "");
  at(`${name}-none`).hidden = items.length > 0;
  keyed(at(name), items, key, create, (node, item) => node.update?.(item));
}

function consoleCard(console) {
  const card = make("section", {class: "console"},
    make("h2", {}, make("span", {}, console.name), make("span", {class: "count"})),
    make("p", {class: "about"}),
    make("div", {class: "scroll"}, make("table", {}, make("thead", {}, make("tr", {})), make("tbody"))),
    make("div", {class: "more", hidden: ""}, make("button", {}, "Show all")),
    make("details", {class: "teach", hidden: ""}, make("summary"), make("div")));
  watching.observe(card);
  return card;
}

function updateConsole(card, console) {
  replaceText(card.querySelector(".count"), `${console.total_rows} ${console.total_rows === 1 ? "task" : "tasks"}`);
  const about = card.querySelector(".about");
  const seen = console.seen_at === null ? "never read" : `read ${ago(console.seen_at)} from ${{structure: "the page", ocr: "its picture", eye: "its picture by the eye"}[console.reader] ?? "the page"}`;
  const trouble = console.failures ? `cannot be read (${console.failures} times): ${console.failure} · ` : console.late ? "was not looked at as it should · " : "";
  about.classList.toggle("bad", Boolean(trouble));
  card.querySelector(".scroll").hidden = !console.rows.length;
  replaceText(about, trouble + seen + console.remarks.map(remark => ` · ${remark}`).join(""));
  if (!onScreen(console.name)) return;
  fillRows(card, console);
  teach(card.querySelector(".teach"), console);
}

const COLUMNS = [
  ["Task", "", (cell, row, card) => nameCell(cell, row, card)],
  ["GPU", "number", (cell, row) => replaceText(cell, row.gpu === null ? "–" : percent(row.gpu))],
  ["Trend", "", (cell, row, card, console) => spark(cell, view.trends.get(console.name), row.task)],
  ["Status", "", (cell, row) => cell.replaceChildren(make("span", {class: `pill ${row.status}`, title: row.status_text ?? ""}, row.status_text ?? row.status))],
  ["Memory", "number", (cell, row) => replaceText(cell, row.memory_used === null ? "–" : bytes(row.memory_used) + (row.memory_total ? ` / ${bytes(row.memory_total)}` : ""))],
  ["CPU", "number", (cell, row) => replaceText(cell, row.cpu === null ? "–" : percent(row.cpu))],
  ["Instance", "dim", (cell, row) => replaceText(cell, row.instance_type ?? "–")],
  ["Started", "dim", (cell, row) => replaceText(cell, row.start_time ? clock(row.start_time) : "–")],
];

function fillRows(card, console) {
  const head = card.querySelector("thead tr");
  if (!head.children.length) head.append(...COLUMNS.map(([title, kind]) => make("th", {class: kind, scope: "col"}, title === "Trend" ? `${console.trend.startsWith("gpu") ? "GPU" : console.trend.startsWith("cpu") ? "CPU" : "Memory"} trend` : title)));
  const all = view.shown.get(console.name);
  const rows = all ? console.rows : console.rows.slice(0, MOST_ROWS);
  const more = card.querySelector(".more");
  more.hidden = rows.length === console.rows.length;
  more.firstChild.onclick = () => { view.shown.set(console.name, true); fillRows(card, console); };
  const lines = rows.flatMap((row, number) => {
    const key = `${console.name}\n${row.task}\n${rows.slice(0, number).filter(one => one.task === row.task).length}`;
    return view.open.has(key) ? [{row, key}, {row, key: `${key}\ndetail`, detail: key}] : [{row, key}];
  });
  keyed(card.querySelector("tbody"), lines, line => line.key,
    line => line.detail ? detail(console, line.row.task, COLUMNS.length, ask) : taskRow(line.key, card, console),
    (node, line) => line.detail ? node.update() : node.update(line.row, console));
}

function taskRow(key, card, console) {
  const cells = COLUMNS.map(([, kind]) => make("td", {class: kind}));
  const row = make("tr", {class: "task"}, ...cells);
  cells[0].className = "name";
  row.update = (one, now) => COLUMNS.forEach(([, , fill], number) => fill(cells[number], one, {key, card, console: now}, now));
  return row;
}

function nameCell(cell, row, {key, card, console}) {
  const button = cell.firstChild ?? cell.appendChild(make("button", {}, make("span")));
  replaceText(button.firstChild, row.task || "(no name)");
  button.title = row.task;
  button.setAttribute("aria-expanded", String(view.open.has(key)));
  button.onclick = () => {
    if (!view.open.delete(key)) view.open.set(key, true);
    fillRows(card, view.state.consoles.find(one => one.name === console.name) ?? console);
  };
  const badges = [...row.marks.map(mark => [mark, ""]), ...(row.doubted ? [["to review", "asks"]] : [])];
  [...cell.querySelectorAll(".badge")].forEach(badge => badge.remove());
  cell.append(...badges.map(([text, kind]) => make("span", {class: `badge ${kind}`}, text)));
}

function teach(place, console) {
  const words = [
    ...console.unknown_statuses.map(word => ["status", word, view.state.statuses.filter(name => name !== "unknown")]),
    ...console.unknown_headers.map(word => ["column", word, view.state.fields]),
  ];
  place.hidden = !words.length;
  replaceText(place.firstChild, `${words.length} ${words.length === 1 ? "word is" : "words are"} not understood: say what they mean`);
  if (place.lastChild.contains(document.activeElement)) return;
  keyed(place.lastChild, words, ([kind, word]) => `${kind}\n${word}`, ([kind, word, meanings]) => {
    const choice = make("select", {"aria-label": `Meaning of ${word}`}, make("option", {value: ""}, "not used"), ...meanings.map(name => make("option", {value: name}, name.replaceAll("_", " "))));
    choice.addEventListener("change", async () => { choice.disabled = true; await ask("/usage/api/teach", {console: console.name, kind, word, meaning: choice.value}).catch(() => {}); choice.disabled = false; });
    return make("label", {}, kind === "status" ? "Status" : "Column", make("code", {}, word), choice);
  }, () => {});
}

at("ranges").append(...Object.entries(RANGES).map(([name, hours]) => {
  const button = make("button", {"aria-pressed": String(hours === view.hours)}, name);
  button.addEventListener("click", () => {
    view.hours = hours;
    for (const one of at("ranges").children) one.setAttribute("aria-pressed", String(one === button));
    if (view.state) trendsOfVisible().catch(() => {});
  });
  return button;
}));
at("viewer").addEventListener("click", event => { if (event.target === at("viewer")) at("viewer").close(); });
const refreshIfSeen = () => { if (!document.hidden && at("login").hidden) refresh(); };
setInterval(refreshIfSeen, REFRESH_MS);
document.addEventListener("visibilitychange", refreshIfSeen);
setInterval(fresh, 5_000);
refresh();
