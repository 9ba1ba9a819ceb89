// Elements are made here and nowhere else. What comes from outside becomes text or an attribute, never markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== undefined && value !== null && value !== false) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// A sentence in which `commands` stand between backticks.
export function sentence(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? el("code", {}, part) : part));
}

export function badge(state, tone) {
  return el("span", { class: `badge ${tone}` }, state);
}

// Changes an element's text only where it differs: what is read aloud or selected stays as it is.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A part of a view that is built again only when what it shows has changed; `null` is nothing to show.
export class Part {
  #build;
  #shown;

  constructor(node, build) {
    this.node = node;
    this.#build = build;
  }

  update(data) {
    const given = JSON.stringify(data);
    if (given === this.#shown) return;
    this.#shown = given;
    if (data === null) return;
    this.node.replaceChildren(...[this.#build(data)].flat(2).filter(Boolean));
  }
}
