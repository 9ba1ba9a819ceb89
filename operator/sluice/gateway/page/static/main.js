// Puts the page together: who looks, what at, and how fresh that is.

import { ask, forgetToken, hasToken, objectPath, useToken } from "./api.js";
import { DetailView } from "./detail.js";
import { el, setText } from "./dom.js";
import { ListView } from "./list.js";
import { Poller } from "./poller.js";
import { now, shortClock, tick } from "./time.js";

const part = (id) => document.getElementById(id);
const [notice, place, freshness, news, question] = ["notice", "view", "freshness", "news", "question"].map(part);
const KINDS = ["pipelines", "deployments"];
const poller = new Poller(look, showFreshness);

let view = null;
let session = null;

function tell(text) {
  news.append(el("p", {}, text));
  while (news.children.length > 5) news.firstChild.remove();
}

function showNotice(text) {
  notice.replaceChildren(...(text ? [el("p", { class: "notice bad" }, text)] : []));
}

function showFreshness(state) {
  const said = {
    live: () => `Live: seen at ${shortClock(now())}, looks again every ${Math.round(state.seconds)} s.`,
    hidden: () => "Nobody sees this page, so it does not look.",
    stale: () => `Stale: ${state.why} It tries again in ${Math.round(state.seconds)} s.`,
    off: () => "Not live: it does not look any more.",
  };
  setText(freshness, said[state.kind]());
  freshness.className = `freshness ${state.kind}`;
  if (state.kind === "off") showNotice(state.why);
}

// --- Who looks -------------------------------------------------------------------------------------------

function showWho() {
  const who = part("who");
  if (hasToken()) {
    const leave = el("button", { type: "button", on: { click: signOut } }, "Forget the token");
    who.replaceChildren(el("span", { class: "user" }, session?.user ?? "…"), leave);
    return;
  }
  const input = el("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true, size: 18 });
  const form = el("form", { class: "field", on: { submit: signIn } }, el("label", { for: "token" }, "Token"), input, el("button", { type: "submit" }, "Use it"));
  who.replaceChildren(form);
}

async function signIn(event) {
  event.preventDefault();
  const input = part("token");
  try {
    useToken(input.value.trim());
    input.value = "";
    session = await ask("session", { namespace: chosen().namespace });
    tell(`You are ${session.user}`);
  } catch (error) {
    forgetToken();
    showNotice(error.message);
    part("token")?.focus();
    return;
  }
  showWho();
  show();
}

function signOut() {
  forgetToken();
  session = null;
  showWho();
  begin();
}

function showInvitation() {
  place.replaceChildren(
    el(
      "div",
      { class: "card invitation" },
      el("h1", { tabindex: "-1" }, "Who are you?"),
      el("p", {}, "This gateway shows nothing to nobody. Give a token that the cluster accepts, or an API key of this gateway, in the field at the top: you see and do what it may see and do, and no more."),
      el("p", {}, "A token of a service account, for an hour:"),
      el("pre", {}, el("code", {}, "kubectl -n NAMESPACE create token NAME")),
      el("p", { class: "quiet" }, "The token stays in the memory of this tab, and is gone when you reload it."),
    ),
  );
  setText(freshness, "");
  document.title = "Sluice";
}

// --- What at ---------------------------------------------------------------------------------------------

function chosen() {
  const parts = location.hash.replace(/^#\/?/, "").split("/").map(decode);
  const [namespace = "", kind = "", name = ""] = parts;
  return { namespace, kind: KINDS.includes(kind) ? kind : "", name };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

async function begin() {
  poller.stop();
  view = null;
  try {
    session = await ask("session", { namespace: chosen().namespace });
  } catch (error) {
    if (error.status === 401) {
      showNotice("");
      showInvitation();
    } else {
      showNotice(error.message);
    }
    return;
  }
  show();
}

function show() {
  const { namespace, kind, name } = chosen();
  if (session === null) return;
  showNotice("");
  const there = namespace || session.namespace;
  part("namespace").value = there;
  view = kind && name ? new DetailView(there, kind, name, act, tell) : new ListView(there, tell);
  place.replaceChildren(view.node);
  view.title.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  poller.start();
}

async function look(signal) {
  const shown = view;
  const body = await ask(shown.path, { namespace: shown.namespace, signal });
  if (shown !== view || signal.aborted) return;
  shown.update(body);
  showNotice("");
}

// --- Buttons ---------------------------------------------------------------------------------------------

async function act(shown, action) {
  if (action.question !== null && !(await confirmed(action))) return;
  try {
    const path = `${objectPath(shown.kind, shown.name)}/${encodeURIComponent(action.name)}`;
    const { told, isWritten } = await ask(path, { method: "POST", namespace: shown.namespace });
    shown.say(told, isWritten);
  } catch (error) {
    shown.say(error.message, false);
  }
  if (shown === view) poller.hurry();
}

function confirmed(action) {
  setText(part("question-title"), action.title);
  setText(part("question-text"), action.question);
  setText(part("question-yes"), action.title);
  question.returnValue = "no";
  question.showModal();
  return new Promise((resolve) => {
    question.addEventListener("close", () => resolve(question.returnValue === "yes"), { once: true });
  });
}

// --- Around it -------------------------------------------------------------------------------------------

part("place").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = part("namespace").value.trim();
  const address = `#/${encodeURIComponent(given)}`;
  if (location.hash === address) begin();
  else location.hash = address;
});
part("again").addEventListener("click", () => (view === null ? begin() : poller.start()));
part("skip").addEventListener("click", (event) => {
  event.preventDefault();
  part("main").focus();
});
window.addEventListener("hashchange", () => (session === null ? begin() : show()));
window.addEventListener("resize", () => view?.onResize?.());
setInterval(() => document.hidden || tick(), 1000);
showWho();
begin();
