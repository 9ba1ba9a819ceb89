// The list: every pipeline and deployment of a namespace, with its state.

import { badge, el, setText } from "./dom.js";
import { age } from "./time.js";

const HEADINGS = ["Name", "What it is", "State", "Wanted", "Last checkpoint", "What there is to say"];

export class ListView {
  #rows = new Map();
  #body = el("tbody");
  #count = el("p", { class: "quiet", role: "status" });
  #empty = el("p", { class: "notice" });
  #problems = el("div");
  #chips = el("div", { class: "chips", role: "group", "aria-label": "Show only one state" });
  #chosen = null;
  #seen = [];
  #tell;

  constructor(namespace, tell) {
    this.namespace = namespace;
    this.path = "objects";
    this.#tell = tell;
    this.title = el("h1", { tabindex: "-1" }, "Pipelines");
    this.search = el("input", { id: "search", type: "search", autocomplete: "off", spellcheck: "false" });
    this.search.addEventListener("input", () => this.#choose());
    const head = el("thead", {}, el("tr", {}, HEADINGS.map((text) => el("th", { scope: "col" }, text))));
    this.table = el("table", { class: "list" }, el("caption", { class: "unseen" }, "Pipelines and deployments"), head, this.#body);
    this.node = el(
      "div",
      {},
      el("div", { class: "titles" }, this.title, this.#count),
      el("div", { class: "tools" }, el("div", { class: "field" }, el("label", { for: "search" }, "Find"), this.search), this.#chips),
      this.#problems,
      this.#empty,
      el("div", { class: "scroll card", tabindex: "0", role: "region", "aria-label": "List" }, this.table),
    );
  }

  update({ namespace, rows, problems }) {
    this.namespace = namespace;
    setText(this.title, `Pipelines in ${namespace}`);
    document.title = `${namespace} · Sluice`;
    this.#problems.replaceChildren(...problems.map((text) => el("p", { class: "notice bad" }, text)));
    this.#seen = [...rows].sort((one, other) => (one.name < other.name ? -1 : 1));
    const uids = new Set(rows.map((row) => row.uid));
    for (const [uid, row] of this.#rows) {
      if (!uids.has(uid)) {
        this.#tell(`${row.data.name} is gone`);
        row.node.remove();
        this.#rows.delete(uid);
      }
    }
    for (const data of this.#seen) this.#updateRow(data);
    this.#updateChips();
    this.#choose();
  }

  #updateRow(data) {
    const row = this.#rows.get(data.uid) ?? { node: el("tr"), data: null, shown: "" };
    const given = JSON.stringify(data);
    if (row.data !== null && row.data.state !== data.state) this.#tell(`${data.name} is ${data.state}`);
    if (row.shown !== given) {
      const hadFocus = row.node.contains(document.activeElement);
      row.node.replaceChildren(...cells(data, this.namespace));
      row.node.className = data.isStalled ? "stalled" : "";
      if (hadFocus) row.node.querySelector("a").focus();
    }
    this.#rows.set(data.uid, Object.assign(row, { data, shown: given }));
    // Appended in order: where it is there already nothing moves, and focus stays.
    const before = this.#body.children[this.#seen.indexOf(data)];
    if (before !== row.node) this.#body.insertBefore(row.node, before ?? null);
  }

  #updateChips() {
    const counts = new Map();
    for (const row of this.#seen) counts.set(row.state, { tone: row.tone, count: (counts.get(row.state)?.count ?? 0) + 1 });
    if (!counts.has(this.#chosen)) this.#chosen = null;
    const given = JSON.stringify([...counts, this.#chosen]);
    if (this.#chips.dataset.shown === given) return;
    this.#chips.dataset.shown = given;
    const focused = this.#chips.contains(document.activeElement) ? document.activeElement.dataset.state : null;
    this.#chips.replaceChildren(
      ...[...counts].sort().map(([state, { tone, count }]) => {
        const chip = el("button", { type: "button", class: `badge ${tone}`, "aria-pressed": String(state === this.#chosen), "data-state": state }, `${state} ${count}`);
        chip.addEventListener("click", () => {
          this.#chosen = this.#chosen === state ? null : state;
          this.#updateChips();
          this.#choose();
        });
        return chip;
      }),
    );
    if (focused !== null) [...this.#chips.children].find((chip) => chip.dataset.state === focused)?.focus();
  }

  #choose() {
    const wanted = this.search.value.trim().toLowerCase();
    let shown = 0;
    for (const { node, data } of this.#rows.values()) {
      const isShown = data.name.includes(wanted) && (this.#chosen === null || data.state === this.#chosen);
      node.hidden = !isShown;
      shown += isShown ? 1 : 0;
    }
    const all = this.#rows.size;
    setText(this.#count, shown === all ? `${all} in all` : `${shown} of ${all}`);
    const isEmpty = shown === 0;
    this.#empty.hidden = !isEmpty;
    this.table.parentElement.hidden = isEmpty;
    setText(this.#empty, all === 0 ? `There is nothing in namespace ${this.namespace} yet.` : "Nothing here is called so, or in that state.");
  }
}

function cells(data, namespace) {
  const address = `#/${encodeURIComponent(namespace)}/${data.kind}/${encodeURIComponent(data.name)}`;
  return [
    el("th", { scope: "row" }, el("a", { href: address }, data.name)),
    el("td", {}, data.sort),
    el("td", {}, badge(data.state, data.tone), " ", el("span", { class: "quiet" }, age(data.since))),
    el("td", {}, wanted(data)),
    el("td", {}, data.progress === null ? age(data.checkpointAt) : `${data.progress} elements`),
    el("td", { class: "message" }, data.error ? el("strong", { class: "bad-text" }, data.error) : data.message),
  ];
}

export function wanted(data) {
  const how = [data.isForced && "by force", data.isOverridden && "by a request", data.isDeleting && "being deleted"].filter(Boolean);
  return how.length ? `${data.wanted} (${how.join(", ")})` : data.wanted;
}
