/* A violation as a timeline: a lane a thread, a mark a step, and at the cursor the line of code and what memory holds. */

const THREAD_COLOURS = 6;

class Timeline {
  constructor(host, race, trace) {
    this.host = host;
    this.texts = race.texts;
    this.trace = trace;
    this.steps = trace.steps.map((row, k) => this.step(row, k + 1));
    this.open = new Set();
    this.groups = this.folds();
    this.at = (this.steps.findLast((step) => step.part === 2) || this.steps.at(-1) || { number: 0 }).number;
    if (!this.steps.length) return;
    this.build();
    this.show();
  }

  step(row, number) {
    const [thread, cell, text, result, before, after, file, line, where, part, folded] = row;
    const t = this.texts;
    return {
      number, thread, cell: t[cell], text: t[text], result: t[result], before: t[before], after: t[after], file: t[file], line,
      where: t[where], part, folded: Boolean(folded), writes: before !== after,
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

  said(step) {
    return step.result === "None" ? step.text : step.text + " → " + step.result;
  }

  name(thread) {
    return this.trace.threads[thread][0];
  }

  /* -- building -- */

  build() {
    this.lanes = this.buildLanes();
    this.detail = el("div", { class: "detail" });
    this.list = el("ol", { class: "steps", style: null, "data-threads": Math.min(this.trace.threads.length, 4) });
    const board = el("div", { class: "board" }, el("div", { class: "listing" }, this.buildHead(), this.list), this.detail);
    this.host.append(this.lanes, this.buildBar(), board);
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.buildList();
  }

  buildLanes() {
    const count = this.steps.length;
    this.track = el("div", { class: "track-area" });
    const rows = this.trace.threads.map(([name], thread) => {
      const calls = this.trace.calls.filter((call) => call[0] === thread && call[3]);
      const bars = calls.map(([, text, result, first, last]) => {
        const label = this.texts[text] + (this.texts[result] ? " → " + this.texts[result] : "");
        return place(el("span", { class: "call", title: label }, el("span", {}, short(label, 120))), first, last, count);
      });
      const marks = this.steps.filter((step) => step.thread === thread).map((step) => {
        const kind = ["mark", step.writes ? "writes" : "reads", step.folded ? "folded" : "", step.part === 2 ? "decisive" : ""];
        return place(el("span", { class: kind.join(" ").trim(), "data-step": step.number }), step.number, step.number, count);
      });
      return el("div", { class: "lane t" + (thread % THREAD_COLOURS) }, el("span", { class: "who" }, el("span", {}, name)), el("div", { class: "track" }, bars, marks));
    });
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => count / n <= 14) || 2000;
    const ticks = this.steps.filter((s) => s.number % every === 0 || s.number === 1);
    const axis = el("div", { class: "lane axis" }, el("span", { class: "who" }, "step"),
      el("div", { class: "track" }, ticks.map((s) => place(el("span", { class: "tick" }, String(s.number)), s.number, s.number, count))));
    this.cursor = el("div", { class: "cursor" });
    rows[0].querySelector(".track").append(this.cursor, ...this.decided());
    const lanes = el("div", {
      class: "lanes", role: "slider", tabindex: "0", "aria-label": "Step of the schedule", "aria-valuemin": "1", "aria-valuemax": String(count),
    }, el("div", { class: "lanes-inside" }, axis, rows));
    lanes.style.setProperty("--steps", count);
    lanes.style.setProperty("--lanes", rows.length);
    lanes.style.setProperty("--longest", Math.max(...this.trace.threads.map(([name]) => name.length)) + "ch");
    this.listenToPointer(lanes);
    return lanes;
  }

  /* A line after the step from which on every execution ends in a violation. */
  decided() {
    const after = this.trace.decided;
    if (after === null || after === this.steps.length) return [];
    const line = el("div", { class: "decided", title: "every execution that goes on from here ends in a violation" });
    line.style.setProperty("--after", after);
    return [line];
  }

  listenToPointer(lanes) {
    const pick = (event) => {
      const box = lanes.querySelector(".track").getBoundingClientRect();
      const number = Math.ceil(((event.clientX - box.left) / box.width) * this.steps.length);
      if (event.clientX >= box.left) this.go(Math.min(Math.max(number, 1), this.steps.length));
    };
    lanes.addEventListener("click", pick);
    lanes.addEventListener("pointermove", (event) => event.pointerType === "mouse" && event.buttons & 1 && pick(event));
  }

  buildBar() {
    const button = (label, text, move) => el("button", { type: "button", "aria-label": label, title: label, onclick: () => this.go(move()) }, text);
    this.counter = el("output", { class: "counter", "aria-live": "off" });
    const bar = el("div", { class: "bar" },
      button("First step", "⇤", () => 1),
      button("Previous step", "←", () => this.next(-1)),
      this.counter,
      button("Next step", "→", () => this.next(1)),
      button("Last step", "⇥", () => this.steps.length),
      el("span", { class: "legend", "aria-hidden": "true" }, el("i", { class: "mark writes" }), "changes memory ", el("i", { class: "mark reads" }), "does not",
        this.steps.some((step) => step.part === 2) ? [el("i", { class: "mark writes decisive" }), "decides"] : null,
        this.decided().length ? [el("i", { class: "decided" }), "no way back"] : null));
    if (this.groups.size) {
      const folded = [...this.groups.values()].reduce((sum, group) => sum + group.length, 0);
      this.unfold = el("button", { type: "button", class: "fold-all", onclick: () => this.toggleAll() });
      this.unfold.dataset.count = folded;
      bar.append(this.unfold);
    }
    return bar;
  }

  buildHead() {
    return el("div", { class: "heads", "aria-hidden": "true", "data-threads": Math.min(this.trace.threads.length, 4) }, el("span", {}, "step"),
      this.trace.threads.map(([name], thread) => el("span", { class: "t" + (thread % THREAD_COLOURS) }, name)));
  }

  buildList() {
    const items = [];
    for (const step of this.steps) {
      const group = this.groups.get(step.number);
      if (group) items.push(this.foldItem(group));
      if (!step.folded || this.open.has(this.groupOf(step))) items.push(this.stepItem(step));
    }
    this.list.replaceChildren(...items);
    if (this.unfold) {
      const all = this.open.size === this.groups.size;
      this.unfold.textContent = all ? "Fold them again" : "Unfold " + this.unfold.dataset.count + " steps";
    }
  }

  groupOf(step) {
    let first = null;
    for (const number of this.groups.keys()) if (number <= step.number) first = number;
    return first;
  }

  foldItem(group) {
    const first = group[0].number, last = group.at(-1).number, open = this.open.has(first);
    const names = [...new Set(group.map((step) => this.name(step.thread)))].join(" and ");
    const idle = group.every((step) => step.part === 0) ? (group.length === 1 ? " that plays no part" : " that play no part") : "";
    const text = (group.length === 1 ? "step " + first : "steps " + first + " to " + last) + " of " + names + idle;
    return el("li", { class: "fold" }, el("button", { type: "button", "aria-expanded": String(open), onclick: () => this.toggle(first) }, text));
  }

  stepItem(step) {
    const lane = Math.min(step.thread, 3);
    const changed = step.writes ? el("span", { class: "change" }, short(step.before, 40) + " → " + short(step.after, 40)) : null;
    return el("li", { class: "t" + (step.thread % THREAD_COLOURS) + (step.part === 2 ? " decisive" : "") + (step.folded ? " folded" : ""), "data-lane": lane },
      el("button", { type: "button", class: "step", tabindex: "-1", "data-step": step.number, onclick: () => this.go(step.number) },
        el("span", { class: "no" }, String(step.number)),
        el("span", { class: "what" }, el("span", { class: "who" }, this.name(step.thread)),
          el("span", { class: "op" }, breakable(short(this.said(step), 160))), changed,
          el("span", { class: "where" }, baseName(step.file) + (step.line ? ":" + step.line : "")))));
  }

  /* -- moving -- */

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(".detail")) return;
    const moves = {
      ArrowLeft: () => this.next(-1), ArrowUp: () => this.next(-1), ArrowRight: () => this.next(1), ArrowDown: () => this.next(1),
      Home: () => 1, End: () => this.steps.length, PageUp: () => Math.max(1, this.at - 10), PageDown: () => Math.min(this.steps.length, this.at + 10),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const inList = event.target.closest(".steps") !== null;
    this.go(move());
    if (inList) this.list.querySelector("[aria-current]")?.focus();
  }

  /* The nearest step in a direction that is not folded away. */
  next(direction) {
    for (let k = this.at + direction; k >= 1 && k <= this.steps.length; k += direction) {
      const step = this.steps[k - 1];
      if (!step.folded || this.open.has(this.groupOf(step))) return k;
    }
    return this.at;
  }

  go(number) {
    this.at = number;
    const step = this.steps[number - 1];
    if (step.folded && !this.open.has(this.groupOf(step))) {
      this.open.add(this.groupOf(step));
      this.buildList();
    }
    this.show();
  }

  toggle(group) {
    if (!this.open.delete(group)) this.open.add(group);
    this.buildList();
    this.show();
    const first = this.list.querySelectorAll(".fold button")[[...this.groups.keys()].indexOf(group)];
    first.focus();
  }

  toggleAll() {
    this.open = this.open.size === this.groups.size ? new Set() : new Set(this.groups.keys());
    this.buildList();
    this.show();
  }

  /* -- showing -- */

  show() {
    const step = this.steps[this.at - 1];
    this.lanes.setAttribute("aria-valuenow", String(this.at));
    this.lanes.setAttribute("aria-valuetext", "step " + this.at + " of " + this.steps.length + ", " + this.name(step.thread) + ": " + short(this.said(step), 200));
    this.cursor.style.setProperty("--at", this.at);
    for (const mark of this.lanes.querySelectorAll(".mark")) mark.classList.toggle("past", Number(mark.dataset.step) <= this.at);
    for (const tick of this.lanes.querySelectorAll(".tick")) tick.classList.toggle("now", tick.textContent === String(this.at));
    this.counter.replaceChildren("step ", el("b", {}, String(this.at)), " of " + this.steps.length);
    this.showInList();
    this.scrollLanes();
    this.detail.replaceChildren(...this.describe(step));
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

  scrollLanes() {
    const box = this.lanes.querySelector(".track"), x = ((this.at - 0.5) / this.steps.length) * box.offsetWidth + box.offsetLeft;
    const left = this.lanes.scrollLeft + box.offsetLeft, right = this.lanes.scrollLeft + this.lanes.clientWidth;
    if (x < left + 24 || x > right - 24) this.lanes.scrollLeft = x - this.lanes.clientWidth / 2;
  }

  describe(step) {
    return [
      el("h3", { class: "t" + (step.thread % THREAD_COLOURS) }, el("span", { class: "who" }, this.name(step.thread)), " in ", el("span", { class: "code" }, breakable(step.where || "?"))),
      el("p", { class: "op code" }, breakable(this.said(step))),
      ...excerpt(step.file, step.line, 3),
      el("h3", {}, "Memory after step " + step.number),
      this.memory(),
      el("h3", {}, "Next steps"),
      el("ul", { class: "next" }, this.trace.threads.map((_, thread) => this.nextOf(thread))),
    ];
  }

  memory() {
    const held = new Map(this.trace.cells.map(([name, initial]) => [this.texts[name], this.texts[initial]]));
    const touched = new Set(), now = this.steps[this.at - 1];
    for (const step of this.steps.slice(0, this.at)) {
      held.set(step.cell, step.after);
      touched.add(step.cell);
    }
    const rows = [...held].map(([name, value]) => {
      const current = name === now.cell, kinds = [current ? "current" : "", current && now.writes ? "changed" : "", touched.has(name) ? "" : "untouched"];
      const shown = current && now.writes ? [el("del", {}, now.before), el("span", { class: "arrow" }, " → "), el("ins", {}, value)] : [value];
      return el("tr", { class: kinds.join(" ").trim() || null }, el("th", { scope: "row" }, breakable(name)), el("td", {}, el("div", {}, shown)));
    });
    return el("table", { class: "memory" }, el("caption", { class: "hidden" }, "Cells and their values"),
      el("thead", { class: "hidden" }, el("tr", {}, el("th", { scope: "col" }, "Cell"), el("th", { scope: "col" }, "Value"))), el("tbody", {}, rows));
  }

  nextOf(thread) {
    const step = this.steps.find((one) => one.number > this.at && one.thread === thread);
    const [name, , fate, what, file, line] = this.trace.threads[thread];
    const text = step ? step.text : { returned: "returned " + this.texts[what], raised: "raised " + this.texts[what] }[fate] || this.texts[what];
    const where = step ? baseName(step.file) + ":" + step.line : this.texts[file] ? baseName(this.texts[file]) + ":" + line : "";
    return el("li", { class: "t" + (thread % THREAD_COLOURS) + (step ? "" : " ended") }, el("span", { class: "who" }, name), el("span", { class: "code" }, breakable(short(text, 120))), el("span", { class: "where" }, where));
  }
}

function place(node, first, last, count) {
  node.style.left = (100 * (first - 1)) / count + "%";
  node.style.width = (100 * (last - first + 1)) / count + "%";
  return node;
}

/* Scroll a list so that a row is seen, without moving the page. */
function scrollInside(list, row) {
  const outer = list.getBoundingClientRect(), inner = row.getBoundingClientRect();
  if (inner.top < outer.top) list.scrollTop -= outer.top - inner.top + 8;
  else if (inner.bottom > outer.bottom) list.scrollTop += inner.bottom - outer.bottom + 8;
}

function startTimelines(section) {
  for (const host of section.querySelectorAll(".timeline")) {
    const race = data(host.dataset.race);
    new Timeline(host, race, race.traces[Number(host.dataset.trace)]);
  }
}
