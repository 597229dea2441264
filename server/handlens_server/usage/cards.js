// What waits for people: open alerts with their evidence, and doubtful cells in the picture that shows them.
import {make, replaceText, ago, clock} from "/usage/parts.js";

const at = id => document.getElementById(id);

export function alertCard(alert) {
  const since = make("p", {class: "where"});
  const card = make("li", {},
    make("p", {class: "what"}, `${alert.task}: ${alert.rule}`),
    since,
    alert.reason ? make("p", {class: "why"}, alert.reason) : null);
  card.update = one => {
    replaceText(since, `${one.console} · since ${ago(one.since)}${one.value === null ? "" : ` · at ${one.value.toPrecision(3)} when it opened`}`);
    if (one.picture && !card.querySelector(".strip")) card.append(evidence(one));
  };
  card.update(alert);
  return card;
}

function evidence(alert) {
  const shown = make("button", {class: "strip", "aria-label": "Show the evidence"}, make("img", {src: `/usage/pictures/${alert.picture}`, alt: `Row of ${alert.task}`, loading: "lazy"}));
  shown.addEventListener("click", () => look(alert.picture, null, alert.task));
  return shown;
}

/** A doubtful cell to accept or correct; `decide` sends what was chosen and throws what is wrong with it. */
export function reviewCard(review, statuses, decide) {
  const wrong = make("p", {class: "wrong", role: "alert"});
  const status = review.field === "status";
  const field = status
    ? make("select", {"aria-label": "Right value"}, ...statuses.map(name => make("option", {value: name}, name)))
    : make("input", {value: review.text, "aria-label": "Right value", maxlength: 500, spellcheck: "false"});
  const accept = make("button", {class: "accept"}, "Accept");
  const correct = make("button", {class: "correct primary"}, "Correct");
  const card = make("li", {},
    make("p", {class: "what"}, `${review.task || "(no name)"} · ${review.header}`),
    make("p", {class: "why"}, `${review.console} · ${clock(review.at)} · ${review.reason}`),
    review.picture ? strip(review) : null,
    make("p", {class: "read"}, "Read as ", make("code", {}, review.text || "(nothing)")),
    make("div", {class: "decide"}, field, correct, accept),
    wrong);
  const chosen = async body => {
    accept.disabled = correct.disabled = true;
    replaceText(wrong, "");
    try {
      await decide(review.id, body);
    } catch (error) {
      replaceText(wrong, error.message);
    }
    accept.disabled = correct.disabled = false;
  };
  accept.addEventListener("click", () => chosen({decision: "accept"}));
  correct.addEventListener("click", () => chosen({decision: "correct", text: field.value}));
  field.addEventListener("keydown", event => { if (event.key === "Enter") correct.click(); });
  return card;
}

function strip(review) {
  const picture = make("img", {src: `/usage/pictures/${review.picture}`, alt: `The cell ${review.header} of ${review.task}`});
  const frame = make("span", {class: "frame"});
  const button = make("button", {class: "strip", "aria-label": "Show the whole picture"}, picture, frame);
  frame.hidden = !review.box;
  const place = () => {
    if (!review.box || !button.clientWidth) return;
    const [x, y, width, height] = review.box;
    const left = Math.min(0, Math.max(button.clientWidth - picture.naturalWidth, button.clientWidth / 2 - x - width / 2));
    const top = Math.min(0, Math.max(button.clientHeight - picture.naturalHeight, button.clientHeight / 2 - y - height / 2));
    Object.assign(picture.style, {left: `${left}px`, top: `${top}px`});
    Object.assign(frame.style, {left: `${left + x - 3}px`, top: `${top + y - 3}px`, width: `${width + 6}px`, height: `${height + 6}px`});
  };
  picture.addEventListener("load", place);
  new ResizeObserver(place).observe(button);
  button.addEventListener("click", () => look(review.picture, review.box, review.task));
  return button;
}

function look(picture, box, task) {
  at("viewer-picture").src = `/usage/pictures/${picture}`;
  at("viewer-picture").alt = `Evidence of ${task}`;
  const frame = at("viewer-frame");
  frame.hidden = !box;
  if (box) Object.assign(frame.style, {left: `${box[0] - 3}px`, top: `${box[1] - 3}px`, width: `${box[2] + 6}px`, height: `${box[3] + 6}px`});
  at("viewer").showModal();
}
