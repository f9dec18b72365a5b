/* The lanes of a timeline: time from left to right, a lane a thread, bars for calls, marks for steps, and the cursor. */

class Lanes {
  /* go(number) is called for the step that was pointed at. */
  constructor({ trace, race, steps, go }) {
    this.trace = trace;
    this.texts = race.texts;
    this.steps = steps;
    this.cursor = el("div", { class: "cursor" });
    this.element = this.build();
    this.listen(go);
  }

  build() {
    const rows = this.trace.threads.map(([name], thread) => this.lane(name, thread));
    rows[0].querySelector(".track").append(this.cursor, ...this.decided());
    const lanes = el(
      "div",
      {
        class: "lanes",
        role: "slider",
        tabindex: "0",
        "aria-label": "Step of the schedule",
        "aria-valuemin": "1",
        "aria-valuemax": String(this.steps.length),
      },
      el("div", { class: "lanes-inside" }, this.axis(), rows),
    );
    lanes.style.setProperty("--steps", this.steps.length);
    lanes.style.setProperty("--lanes", rows.length);
    lanes.style.setProperty("--longest", Math.max(...this.trace.threads.map(([name]) => name.length)) * 7.8 + "px");
    return lanes;
  }

  lane(name, thread) {
    const bars = this.trace.calls
      .filter((call) => call[0] === thread && call[3])
      .map(([, text, result, first, last]) => {
        const label = this.texts[text] + (this.texts[result] ? " → " + this.texts[result] : "");
        return this.place(el("span", { class: "call", title: label }, el("span", {}, short(label, 120))), first, last);
      });
    const marks = this.steps
      .filter((step) => step.thread === thread)
      .map((step) => {
        const kinds = ["mark", step.writes ? "writes" : "reads", step.folded ? "folded" : "", step.part === 2 ? "decisive" : ""];
        return this.place(el("span", { class: kinds.join(" ").trim(), "data-step": step.number }), step.number, step.number);
      });
    const who = el("span", { class: "who" }, el("span", {}, name));
    return el("div", { class: "lane t" + (thread % THREAD_COLOURS) }, who, el("div", { class: "track" }, bars, marks));
  }

  axis() {
    const count = this.steps.length;
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => count / n <= 14) || 2000;
    const ticks = this.steps
      .filter(({ number }) => number % every === 0 || number === 1)
      .map(({ number }) => this.place(el("span", { class: "tick" }, String(number)), number, number));
    return el("div", { class: "lane axis" }, el("span", { class: "who" }, "step"), el("div", { class: "track" }, ticks));
  }

  /* A line after the step from which on every execution ends in a violation. */
  decided() {
    const after = this.trace.decided;
    if (after === null || after === this.steps.length) return [];
    const line = el("div", { class: "decided", title: "every execution that goes on from here ends in a violation" });
    line.style.setProperty("--after", after);
    return [line];
  }

  place(node, first, last) {
    node.style.left = (100 * (first - 1)) / this.steps.length + "%";
    node.style.width = (100 * (last - first + 1)) / this.steps.length + "%";
    return node;
  }

  listen(go) {
    const pick = (event) => {
      const box = this.element.querySelector(".track").getBoundingClientRect();
      const number = Math.ceil(((event.clientX - box.left) / box.width) * this.steps.length);
      if (event.clientX >= box.left) go(Math.min(Math.max(number, 1), this.steps.length));
    };
    this.element.addEventListener("click", pick);
    this.element.addEventListener("pointermove", (event) => event.pointerType === "mouse" && event.buttons & 1 && pick(event));
  }

  /* Put the cursor at a step; ``said`` is what a screen reader says of it. */
  show(at, said) {
    this.element.setAttribute("aria-valuenow", String(at));
    this.element.setAttribute("aria-valuetext", said);
    this.cursor.style.setProperty("--at", at);
    for (const mark of this.element.querySelectorAll(".mark")) mark.classList.toggle("past", Number(mark.dataset.step) <= at);
    for (const tick of this.element.querySelectorAll(".tick")) tick.classList.toggle("now", tick.textContent === String(at));
    this.scrollTo(at);
  }

  scrollTo(at) {
    const lanes = this.element,
      track = lanes.querySelector(".track");
    const x = ((at - 0.5) / this.steps.length) * track.offsetWidth + track.offsetLeft;
    const left = lanes.scrollLeft + track.offsetLeft,
      right = lanes.scrollLeft + lanes.clientWidth;
    if (x < left + 24 || x > right - 24) lanes.scrollLeft = x - lanes.clientWidth / 2;
  }
}
