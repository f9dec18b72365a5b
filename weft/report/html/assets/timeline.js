/* A violation as a timeline: the lanes, a list of the steps under them, and beside it what holds at the cursor. */

class Timeline {
  constructor(host, race, trace) {
    this.host = host;
    this.trace = trace;
    this.steps = trace.steps.map((row, k) => this.step(row, k + 1, race.texts));
    this.open = new Set();
    this.groups = this.folds();
    this.at = (this.steps.findLast((step) => step.part === 2) || this.steps.at(-1) || { number: 0 }).number;
    if (!this.steps.length) return;
    const read = { trace, race, steps: this.steps };
    this.lanes = new Lanes({ ...read, go: (number) => this.go(number) });
    this.there = new AtAStep(read);
    this.build();
    this.show();
  }

  step(row, number, t) {
    const [thread, cell, text, result, before, after, file, line, where, part, folded] = row;
    return {
      number,
      thread,
      cell: t[cell],
      text: t[text],
      said: t[result] === "None" ? t[text] : t[text] + " → " + t[result],
      before: t[before],
      after: t[after],
      file: t[file],
      line,
      where: t[where],
      part,
      folded: Boolean(folded),
      writes: before !== after,
    };
  }

  /* Runs of folded steps: by number of their first step, the steps. */
  folds() {
    const groups = new Map();
    let group = null;
    for (const step of this.steps) {
      if (!step.folded) group = null;
      else if (group) group.push(step);
      else groups.set(step.number, (group = [step]));
    }
    return groups;
  }

  name(thread) {
    return this.trace.threads[thread][0];
  }

  /* -- building -- */

  build() {
    this.detail = el("div", { class: "detail" });
    this.list = el("ol", { class: "steps", "data-threads": Math.min(this.trace.threads.length, 4) });
    const listing = el("div", { class: "listing" }, this.heads(), this.list);
    this.host.append(this.lanes.element, this.bar(), el("div", { class: "board" }, listing, this.detail));
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.buildList();
  }

  bar() {
    const button = (label, text, move) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick: () => this.go(move()) }, text);
    this.counter = el("output", { class: "counter", "aria-live": "off" });
    if (this.groups.size) this.unfold = el("button", { type: "button", class: "fold-all", onclick: () => this.toggleAll() });
    return el(
      "div",
      { class: "bar" },
      button("First step", "⇤", () => 1),
      button("Previous step", "←", () => this.next(-1)),
      this.counter,
      button("Next step", "→", () => this.next(1)),
      button("Last step", "⇥", () => this.steps.length),
      this.legend(),
      this.unfold,
    );
  }

  legend() {
    const sign = (kind, text) => [el("i", { class: kind }), text];
    return el(
      "span",
      { class: "legend", "aria-hidden": "true" },
      sign("mark writes", "changes memory"),
      sign("mark reads", "does not"),
      this.steps.some((step) => step.part === 2) ? sign("mark writes decisive", "decides") : null,
      this.lanes.decided().length ? sign("decided", "no way back") : null,
    );
  }

  heads() {
    const names = this.trace.threads.map(([name], thread) => el("span", { class: "t" + (thread % THREAD_COLOURS) }, name));
    const threads = Math.min(names.length, 4);
    return el("div", { class: "heads", "aria-hidden": "true", "data-threads": threads }, el("span", {}, "step"), names);
  }

  buildList() {
    const items = [];
    for (const step of this.steps) {
      const group = this.groups.get(step.number);
      if (group) items.push(this.foldItem(group));
      if (this.isShown(step)) items.push(this.stepItem(step));
    }
    this.list.replaceChildren(...items);
    if (this.unfold) {
      const count = [...this.groups.values()].reduce((sum, group) => sum + group.length, 0);
      this.unfold.textContent = this.open.size === this.groups.size ? "Fold them again" : "Unfold " + count + " steps";
    }
  }

  isShown(step) {
    return !step.folded || this.open.has(this.groupOf(step));
  }

  groupOf(step) {
    return Math.max(...[...this.groups.keys()].filter((number) => number <= step.number));
  }

  foldItem(group) {
    const first = group[0].number,
      several = group.length > 1;
    const names = [...new Set(group.map((step) => this.name(step.thread)))].join(" and ");
    const idle = group.every((step) => step.part === 0) ? (several ? " that play no part" : " that plays no part") : "";
    const text = (several ? "steps " + first + " to " + group.at(-1).number : "step " + first) + " of " + names + idle;
    const open = String(this.open.has(first));
    return el(
      "li",
      { class: "fold" },
      el("button", { type: "button", "aria-expanded": open, "data-group": first, onclick: () => this.toggle(first) }, text),
    );
  }

  stepItem(step) {
    const kinds = ["t" + (step.thread % THREAD_COLOURS), step.part === 2 ? "decisive" : "", step.folded ? "folded" : ""];
    const what = el(
      "span",
      { class: "what" },
      el("span", { class: "who" }, this.name(step.thread)),
      el("span", { class: "op" }, breakable(short(step.said, 160))),
      step.writes ? el("span", { class: "change" }, short(step.before, 40) + " → " + short(step.after, 40)) : null,
      el("span", { class: "where" }, baseName(step.file) + (step.line ? ":" + step.line : "")),
    );
    const number = el("span", { class: "no" }, String(step.number));
    const button = { type: "button", class: "step", tabindex: "-1", "data-step": step.number, onclick: () => this.go(step.number) };
    return el("li", { class: kinds.join(" ").trim(), "data-lane": Math.min(step.thread, 3) }, el("button", button, number, what));
  }

  /* -- moving -- */

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(".detail")) return;
    const last = this.steps.length;
    const moves = {
      ArrowLeft: () => this.next(-1),
      ArrowUp: () => this.next(-1),
      ArrowRight: () => this.next(1),
      ArrowDown: () => this.next(1),
      Home: () => 1,
      End: () => last,
      PageUp: () => Math.max(1, this.at - 10),
      PageDown: () => Math.min(last, this.at + 10),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const inList = event.target.closest(".steps") !== null;
    this.go(move());
    if (inList) this.list.querySelector("[aria-current]").focus();
  }

  /* The nearest step in a direction that is not folded away. */
  next(direction) {
    for (let k = this.at + direction; k >= 1 && k <= this.steps.length; k += direction) {
      if (this.isShown(this.steps[k - 1])) return k;
    }
    return this.at;
  }

  go(number) {
    this.at = number;
    const step = this.steps[number - 1];
    if (!this.isShown(step)) {
      this.open.add(this.groupOf(step));
      this.buildList();
    }
    this.show();
  }

  toggle(group) {
    if (!this.open.delete(group)) this.open.add(group);
    this.buildList();
    this.show();
    this.list.querySelector("[data-group='" + group + "']").focus();
  }

  toggleAll() {
    this.open = this.open.size === this.groups.size ? new Set() : new Set(this.groups.keys());
    this.buildList();
    this.show();
  }

  /* -- showing -- */

  show() {
    const step = this.steps[this.at - 1],
      count = this.steps.length;
    this.lanes.show(this.at, "step " + this.at + " of " + count + ", " + this.name(step.thread) + ": " + short(step.said, 200));
    this.counter.replaceChildren("step ", el("b", {}, String(this.at)), " of " + count);
    this.showInList();
    this.detail.replaceChildren(...this.there.describe(step));
  }

  showInList() {
    for (const button of this.list.querySelectorAll(".step")) {
      const current = Number(button.dataset.step) === this.at;
      button.tabIndex = current ? 0 : -1;
      if (current) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      if (current) scrollInside(this.list, button);
    }
  }
}

/* Scroll a list so that a row is seen, without moving the page. */
function scrollInside(list, row) {
  const outer = list.getBoundingClientRect(),
    inner = row.getBoundingClientRect();
  if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top + 8;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom + 8;
}

function startTimelines(section) {
  for (const host of section.querySelectorAll(".timeline")) {
    const race = data(host.dataset.race);
    new Timeline(host, race, race.traces[Number(host.dataset.trace)]);
  }
}
