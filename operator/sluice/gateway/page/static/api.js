// What the page asks the gateway for. The token lives in this module's memory and nowhere else: it is in no
// address, no storage and no cookie, and is gone with the tab or with a reload.

import { noteServerTime } from "./time.js";

const ANSWER_SECONDS = 30;
const BASE = new URL("data/", document.baseURI);
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

let token = null;
let last = { key: "", etag: "", body: null };

export class Refusal extends Error {
  constructor(status, message, retrySeconds = 0) {
    super(message);
    this.status = status;
    this.retrySeconds = retrySeconds;
  }
}

export function hasToken() {
  return token !== null;
}

export function useToken(given) {
  if (!TOKEN.test(given)) throw new Refusal(0, "This is no token: it has blanks or characters that none has.");
  token = given;
  last = { key: "", etag: "", body: null };
}

export function forgetToken() {
  token = null;
  last = { key: "", etag: "", body: null };
}

export async function ask(path, { method = "GET", namespace = "", signal = new AbortController().signal } = {}) {
  const key = `${namespace} ${path}`;
  const isKnown = method === "GET" && last.key === key;
  const answer = await send(path, method, namespace, isKnown ? last.etag : "", signal);
  noteServerTime(answer.headers.get("Date"));
  if (answer.status === 304 && isKnown) return last.body;
  const body = await answer.json().catch(() => null);
  if (!answer.ok || body === null) throw refusalOf(answer, body);
  const etag = answer.headers.get("ETag");
  if (method === "GET" && etag) last = { key, etag, body };
  return body;
}

async function send(path, method, namespace, etag, signal) {
  const headers = { Accept: "application/json" };
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (namespace) headers["Feldera-Tenant"] = namespace;
  if (etag) headers["If-None-Match"] = etag;
  const limit = AbortSignal.timeout(ANSWER_SECONDS * 1000);
  try {
    return await fetch(new URL(path, BASE), {
      method,
      headers,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.any([signal, limit]),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refusal(0, limit.aborted ? `The gateway did not answer within ${ANSWER_SECONDS} s.` : "The gateway cannot be reached.");
  }
}

function refusalOf(answer, body) {
  const message = body?.message ?? `The gateway answered ${answer.status}.`;
  return new Refusal(answer.status, message, Number(answer.headers.get("Retry-After")) || 0);
}

export function objectPath(kind, name) {
  return `objects/${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
}
