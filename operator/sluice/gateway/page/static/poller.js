// Looks again and again, at a bounded rate: never while nobody sees the page, later when answers are slow, and
// ever later when they fail.

import { Refusal } from "./api.js";

const EVERY_MS = 5000;
const HURRIED_MS = 1000;
const HURRY_MS = 30000; // For so long after a click, when something is about to happen.
const LONGEST_MS = 60000;
const SHARE = 20; // The gateway is busy for this page for at most a twentieth of the time.

export class Poller {
  #look;
  #tell;
  #timer = 0;
  #abort = null;
  #failures = 0;
  #isOn = false;
  #hurryUntil = 0;

  // `look(signal)` reads and shows; `tell(state)` says how fresh that is. A refusal that a person has to do
  // something about ends the looking.
  constructor(look, tell) {
    this.#look = look;
    this.#tell = tell;
    document.addEventListener("visibilitychange", () => this.#onVisibility());
  }

  start() {
    this.stop();
    this.#isOn = true;
    this.#failures = 0;
    if (document.hidden) this.#tell({ kind: "hidden" });
    else this.#run();
  }

  // Somebody asked for something and wants to see it happen.
  hurry() {
    this.#hurryUntil = performance.now() + HURRY_MS;
    this.start();
  }

  stop() {
    this.#isOn = false;
    this.#rest();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
  }

  #onVisibility() {
    if (!this.#isOn) return;
    this.#rest();
    if (document.hidden) this.#tell({ kind: "hidden" });
    else this.#run();
  }

  async #run() {
    const abort = new AbortController();
    this.#abort = abort;
    const begun = performance.now();
    try {
      await this.#look(abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) this.#onTrouble(error);
      return;
    }
    if (abort.signal.aborted) return;
    this.#failures = 0;
    const every = performance.now() < this.#hurryUntil ? HURRIED_MS : EVERY_MS;
    const wait = Math.min(LONGEST_MS, Math.max(every, SHARE * (performance.now() - begun)));
    this.#tell({ kind: "live", seconds: wait / 1000 });
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  #onTrouble(error) {
    // Whatever is no answer of the gateway's is a mistake in this page: it must not pass for one.
    if (!(error instanceof Refusal)) console.error(error);
    if ([400, 401, 403, 404].includes(error.status)) {
      this.#isOn = false;
      this.#tell({ kind: "off", why: error.message });
      return;
    }
    this.#failures += 1;
    const backoff = EVERY_MS * 2 ** (this.#failures - 1);
    const wait = Math.min(LONGEST_MS, Math.max(backoff, (error.retrySeconds ?? 0) * 1000));
    this.#tell({ kind: "stale", why: error.message, seconds: wait / 1000 });
    this.#timer = setTimeout(() => this.#run(), wait);
  }
}
