/* What holds after a step: its line of code, what memory holds, and where each thread goes on. */

class AtAStep {
  constructor({ trace, race, steps }) {
    this.trace = trace;
    this.race = race;
    this.texts = race.texts;
    this.steps = steps;
  }

  describe(step) {
    const name = this.trace.threads[step.thread][0];
    return [
      el(
        "h3",
        { class: "t" + (step.thread % THREAD_COLOURS) },
        el("span", { class: "who" }, name),
        " in ",
        el("span", { class: "code" }, breakable(step.where || "?")),
      ),
      el("p", { class: "op code" }, breakable(step.said)),
      ...excerpt(this.race, step.file, step.line, 3),
      el("h3", {}, "Memory after step " + step.number),
      this.memory(step),
      el("h3", {}, "Next steps"),
      el(
        "ul",
        { class: "next" },
        this.trace.threads.map((_, thread) => this.next(step, thread)),
      ),
    ];
  }

  memory(now) {
    const held = new Map(this.trace.cells.map(([name, initial]) => [this.texts[name], this.texts[initial]]));
    const touched = new Set();
    for (const step of this.steps.slice(0, now.number)) {
      held.set(step.cell, step.after);
      touched.add(step.cell);
    }
    return memoryTable([...held].map(([name, value]) => this.cell(now, name, value, touched.has(name))));
  }

  cell(now, name, value, touched) {
    const current = name === now.cell,
      changed = current && now.writes;
    return {
      name,
      kind: [current ? "current" : "", changed ? "changed" : "", touched ? "" : "untouched"].join(" ").trim(),
      shown: changed ? [el("del", {}, now.before), " → ", el("ins", {}, value)] : [value],
    };
  }

  next(now, thread) {
    const step = this.steps.find((one) => one.number > now.number && one.thread === thread);
    const [, , fate, what, file, line] = this.trace.threads[thread];
    if (step) return this.goes(thread, step.text, step.file, step.line, "");
    const ended = { returned: "returned ", raised: "raised " }[fate] || "";
    return this.goes(thread, ended + this.texts[what], this.texts[file], line, " ended");
  }

  goes(thread, text, file, line, kind) {
    return el(
      "li",
      { class: "t" + (thread % THREAD_COLOURS) + kind },
      el("span", { class: "who" }, this.trace.threads[thread][0]),
      el("span", { class: "code" }, breakable(short(text, 120))),
      el("span", { class: "where" }, file ? baseName(file) + ":" + line : ""),
    );
  }
}

/* Cells and their values; rows are {name, kind, shown}. */
function memoryTable(rows) {
  const heads = el("tr", {}, el("th", { scope: "col" }, "Cell"), el("th", { scope: "col" }, "Value"));
  const body = rows.map(({ name, kind, shown }) =>
    el("tr", { class: kind || null }, el("th", { scope: "row" }, breakable(name)), el("td", {}, el("div", {}, shown))),
  );
  const caption = el("caption", { class: "hidden" }, "Cells and their values");
  return el("table", { class: "memory" }, caption, el("thead", { class: "hidden" }, heads), el("tbody", {}, body));
}
