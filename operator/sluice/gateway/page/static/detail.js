// One pipeline or deployment: where it is and why, its buttons, its past, its checkpoints.

import { Part, badge, el, sentence, setText } from "./dom.js";
import { hasToken, objectPath } from "./api.js";
import { drawAges, drawDurations, drawLife, legend } from "./plots.js";
import { age, bytes, clock, duration, shortClock } from "./time.js";
import { wanted } from "./list.js";

const QUESTIONS = [
  ["why", "Why it is so"],
  ["waitsFor", "What it waits for"],
  ["canDo", "What you can do"],
];
const READ_ONLY = "You look without a token, so nothing can be asked for. Give a token to act.";

export class DetailView {
  #parts;
  #buttons = new Map();
  #actions = el("div", { class: "buttons", role: "group", "aria-label": "Actions" });
  #refusals = el("details", { class: "refusals", hidden: true });
  #told = el("p", { class: "told", role: "status" });
  #state = null;
  #data = null;
  #act;
  #tell;

  constructor(namespace, kind, name, act, tell) {
    Object.assign(this, { namespace, kind, name });
    this.path = objectPath(kind, name);
    this.#act = act;
    this.#tell = tell;
    this.title = el("h1", { tabindex: "-1" }, name);
    this.#parts = this.#buildParts();
    const { head, facts, explanation, life, elements, ages, durations, conditions, moments } = this.#parts;
    this.node = el(
      "div",
      {},
      el("p", { class: "crumb" }, el("a", { href: `#/${encodeURIComponent(namespace)}` }, `All of ${namespace || "the namespace"}`)),
      el("div", { class: "titles" }, this.title, head.node),
      el("div", { class: "card acting" }, this.#actions, this.#told, this.#refusals),
      el("div", { class: "columns" }, explanation.node, facts.node),
      life.node,
      elements.node,
      el("div", { class: "columns even" }, ages.node, durations.node),
      conditions.node,
      moments.node,
    );
    this.onResize = () => this.#drawPlots(true);
  }

  #buildParts() {
    const section = (heading, build) => {
      const content = el("div");
      const id = `section-${heading.toLowerCase().replace(/\W+/g, "-")}`;
      const node = el("section", { class: "card", "aria-labelledby": id }, el("h2", { id }, heading), content);
      const part = new Part(content, build);
      return { node, update: (data) => { node.hidden = data === null; part.update(data); } };
    };
    return {
      head: new Part(el("p", { class: "state" }), buildHead),
      facts: section("In the cluster", buildFacts),
      explanation: section("What is going on", buildExplanation),
      life: section("Life", ({ width, ...data }) => [drawLife(data, width), legend()]),
      elements: section("Elements", buildElements),
      ages: section("Age of the newest checkpoint", buildAges),
      durations: section("How long things took", buildDurations),
      conditions: section("Conditions", buildConditions),
      moments: section("Timeline", buildMoments),
    };
  }

  update(data) {
    this.namespace = data.namespace;
    this.#data = data;
    document.title = `${data.name}: ${data.state} · Sluice`;
    if (this.#state !== null && this.#state !== data.state) this.#tell(`${data.name} is ${data.state}`);
    this.#state = data.state;
    const { head, facts, explanation, elements, conditions, moments } = this.#parts;
    head.update({ state: data.state, tone: data.tone, since: data.since, wanted: wanted(data), sort: data.sort, isStalled: data.isStalled });
    facts.update(data.facts);
    explanation.update(data.explanation);
    elements.update(data.elements);
    conditions.update(data.conditions.length ? data.conditions : null);
    moments.update({ moments: data.moments, problem: data.eventsProblem });
    this.#updateActions(data.actions);
    this.#drawPlots(false);
  }

  // A plot is as wide as its card, and its end is now: it is drawn again with each look.
  #drawPlots(isResized) {
    const data = this.#data;
    if (data === null || !this.node.isConnected) return;
    const { life, ages, durations } = this.#parts;
    const [wide, narrow] = [life.node, ages.node].map((node) => Math.max(280, node.clientWidth - 40));
    const at = isResized ? -1 : Math.floor(Date.now() / 1000);
    const hasCheckpoints = data.elements === null;
    life.update({ spans: data.spans, checkpoints: data.checkpoints, moments: data.moments, width: wide, at });
    ages.update(hasCheckpoints ? { checkpoints: data.checkpoints, every: data.checkpointEverySeconds, width: narrow, at } : null);
    durations.update({ durations: data.durations, width: hasCheckpoints ? narrow : wide });
  }

  #updateActions(actions) {
    const names = actions.map((action) => action.name).join();
    if (this.#actions.dataset.names !== names) {
      this.#actions.dataset.names = names;
      this.#buttons = new Map(actions.map((action) => [action.name, this.#makeButton(action.name)]));
      this.#actions.replaceChildren(...this.#buttons.values());
    }
    for (const action of actions) {
      const button = this.#buttons.get(action.name);
      setText(button, action.title);
      const refusal = hasToken() ? action.refusal : READ_ONLY;
      button.classList.toggle("danger", action.question !== null);
      // Not `disabled`: it stays where the keyboard finds it, and says why it does nothing.
      button.setAttribute("aria-disabled", String(refusal !== null));
      button.title = refusal ?? "";
    }
    this.#updateRefusals(actions.filter((action) => action.refusal !== null));
  }

  #updateRefusals(refused) {
    if (!hasToken()) {
      this.#told.className = "told quiet";
      setText(this.#told, READ_ONLY);
      return;
    }
    this.#refusals.hidden = refused.length === 0;
    const given = JSON.stringify(refused);
    if (this.#refusals.dataset.shown === given) return;
    this.#refusals.dataset.shown = given;
    const entries = refused.flatMap((action) => [el("dt", {}, action.title), el("dd", {}, sentence(action.refusal))]);
    this.#refusals.replaceChildren(el("summary", {}, "Why not everything can be asked for now"), el("dl", {}, entries));
  }

  #makeButton(name) {
    const button = el("button", { type: "button", "data-action": name });
    button.addEventListener("click", async () => {
      const action = this.#data.actions.find((each) => each.name === name);
      const refusal = hasToken() ? action.refusal : READ_ONLY;
      if (refusal !== null) {
        this.say(refusal, false);
        return;
      }
      button.setAttribute("aria-busy", "true");
      await this.#act(this, action);
      button.removeAttribute("aria-busy");
    });
    return button;
  }

  // What became of a click.
  say(text, isDone) {
    this.#told.className = `told ${isDone ? "done" : "refused"}`;
    this.#told.replaceChildren(...sentence(text));
  }
}

function buildHead({ state, tone, since, wanted: wish, sort, isStalled }) {
  return [
    badge(state, tone),
    " ",
    age(since),
    `, wanted ${wish}`,
    isStalled && [" ", el("span", { class: "badge bad" }, "needs a person")],
    el("span", { class: "quiet" }, ` · ${sort}`),
  ];
}

function buildFacts(facts) {
  return el("dl", { class: "facts" }, facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, name === "Created" ? el("time", { datetime: value }, clock(value)) : value)]));
}

function buildExplanation(explanation) {
  return QUESTIONS.filter(([key]) => explanation[key].length).flatMap(([key, heading]) => [
    el("h3", {}, heading),
    el("ul", {}, explanation[key].map((line) => el("li", {}, sentence(line)))),
  ]);
}

function table(caption, headings, rows) {
  const head = el("thead", {}, el("tr", {}, headings.map((heading) => el("th", { scope: "col" }, heading))));
  const body = el("tbody", {}, rows.map(([first, ...others]) => el("tr", {}, el("th", { scope: "row" }, first), others.map((cell) => el("td", {}, cell)))));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption }, el("table", {}, el("caption", { class: "unseen" }, caption), head, body));
}

function buildElements({ counts, shown }) {
  const { total, ...places } = counts;
  const told = Object.entries(places).filter(([, count]) => count).map(([place, count]) => `${count} ${place}`).join(", ");
  const rows = shown.map((each) => [
    each.name,
    badge(each.state, each.tone),
    each.percent === null ? null : el("progress", { max: 100, value: each.percent, "aria-label": `${each.name}: ${each.percent} %` }),
    each.startedAt && each.finishedAt ? duration((Date.parse(each.finishedAt) - Date.parse(each.startedAt)) / 1000) : age(each.startedAt),
    each.message,
  ]);
  const rest = total > shown.length ? el("p", { class: "quiet" }, `${total - shown.length} more are not shown.`) : null;
  return [el("p", {}, `${told || "none"} of ${total}`), table("Elements", ["Name", "State", "Progress", "Time", "What it says"], rows), rest];
}

function buildAges({ checkpoints, every, width }) {
  const rows = [...checkpoints].reverse().map((each) => [el("code", { class: "long", title: each.uuid }, each.uuid), age(each.at), bytes(each.bytes), each.records?.toLocaleString() ?? "–"]);
  return [
    drawAges(checkpoints, every, width),
    el("p", { class: "quiet" }, "What a crash would cost at that moment. After a graceful stop nothing comes after its checkpoint."),
    rows.length ? el("h3", {}, "Checkpoints that are kept") : null,
    rows.length ? table("Checkpoints", ["Checkpoint", "Age", "Size", "Records"], rows) : null,
  ];
}

function buildDurations({ durations, width }) {
  const rows = [...durations].reverse().map((each) => [each.what, shortClock(each.at), duration(each.seconds)]);
  return [
    drawDurations(durations, width),
    rows.length > 0 && el("details", {}, el("summary", {}, "As a table"), table("How long things took", ["What", "Ended", "Took"], rows)),
  ];
}

function buildConditions(conditions) {
  const rows = conditions.map((each) => [each.type, each.status, each.reason, el("span", { class: "message" }, each.message), age(each.since)]);
  return table("Conditions", ["Condition", "Is", "Reason", "In words", "For"], rows);
}

function buildMoments({ moments, problem }) {
  let day = "";
  const entries = [...moments].reverse().map((each) => {
    const date = new Date(each.at).toLocaleDateString(undefined, { dateStyle: "medium" });
    const heading = date === day ? null : el("li", { class: "day" }, date);
    day = date;
    return [heading, el("li", { class: `moment ${each.kind}` }, el("time", { datetime: each.at, title: clock(each.at) }, shortClock(each.at)), el("span", { class: "what" }, each.kind), el("span", {}, each.text))];
  });
  return [
    problem && el("p", { class: "notice bad" }, `Without the cluster's events: ${problem}`),
    el("ol", { class: "moments", reversed: true, tabindex: "0", "aria-label": "Timeline, the newest first" }, entries.flat().filter(Boolean)),
    el("p", { class: "quiet" }, "From the object and its events, which a cluster keeps for an hour by default. What is gone from both is not shown."),
  ];
}
