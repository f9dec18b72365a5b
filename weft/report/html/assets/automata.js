/* The automata of a race's threads, and its state graph. */

const ENDS = { returned: "returns ", raised: "raises ", misused: "breaks a contract: " };

class Automata {
  constructor(host, race) {
    this.race = race;
    this.texts = race.texts;
    this.stage = el("div", { class: "stage" });
    this.buttons = race.threads.map((name, thread) => {
      const count = race.nodes.filter((node) => node[0] === thread).length;
      return el(
        "button",
        { type: "button", "aria-pressed": "false", onclick: () => this.show(thread) },
        name,
        " ",
        el("b", {}, String(count)),
      );
    });
    host.append(el("div", { class: "choice", role: "group", "aria-label": "Thread" }, this.buttons), this.stage);
    whenSeen(host, () => this.show(0));
  }

  show(thread) {
    this.buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === thread)));
    const all = this.race.nodes.map((node, id) => ({ id, node })).filter(({ node }) => node[0] === thread);
    const kept = nearest(
      all.map(({ id }) => id),
      this.race.edges,
      this.race.most,
    );
    const nodes = all.filter(({ id }) => kept.has(id)).map(({ id }) => this.node(id, id === all[0].id));
    const edges = this.race.edges.filter(([from, to]) => kept.has(from) && kept.has(to)).map((edge) => this.edge(edge));
    const drawing = el("div", { class: "graph" });
    const cut =
      all.length > nodes.length
        ? [el("p", { class: "sub" }, "The " + nodes.length + " of " + all.length + " local states that are nearest to the start.")]
        : [];
    this.stage.replaceChildren(...cut, drawing);
    const label = "Automaton of " + this.race.threads[thread];
    new Graph(drawing, { nodes, edges, label, round: false, select: (id) => this.describe(id) });
  }

  node(id, start) {
    const [, kind, text, file, line] = this.race.nodes[id],
      where = this.texts[file];
    const label = kind === "step" ? (where ? baseName(where) + ":" + line : "?") : short(ENDS[kind] + this.texts[text], 44);
    return { id, label, kind: kind + (start ? " start" : ""), said: this.sayNode(id) };
  }

  sayNode(id) {
    const [, kind, text, file, line] = this.race.nodes[id];
    return kind === "step" ? this.texts[file] + ":" + line + " waits for " + this.texts[text] : ENDS[kind] + this.texts[text];
  }

  edge([from, to, result]) {
    const operation = this.texts[this.race.nodes[from][2]],
      answer = this.texts[result];
    return { from, to, label: short(operation, 30) + (answer ? " → " + short(answer, 18) : ""), said: operation + " → " + answer };
  }

  describe(id) {
    const [, kind, text, file, line, where] = this.race.nodes[id];
    if (kind !== "step") return [el("p", { class: "op code" }, breakable(ENDS[kind] + this.texts[text]))];
    const out = this.race.edges.filter(([from]) => from === id);
    return [
      el("p", { class: "op code" }, breakable(this.texts[text])),
      el("p", { class: "sub" }, "in ", el("span", { class: "code" }, breakable(this.texts[where] || "?"))),
      ...excerpt(this.race, this.texts[file], line, 2),
      el(
        "ul",
        { class: "follows" },
        out.map(([, to, result]) =>
          el(
            "li",
            {},
            el("span", { class: "code" }, breakable("→ " + this.texts[result])),
            el("span", { class: "sub" }, breakable(this.sayNode(to))),
          ),
        ),
      ),
    ];
  }
}

class States {
  constructor(host, race) {
    this.race = race;
    this.texts = race.texts;
    const drawing = el("div", { class: "graph" });
    host.append(drawing);
    whenSeen(host, () => this.draw(drawing));
  }

  draw(drawing) {
    const { states, edges } = this.race.graph;
    const nodes = states.map(([, , , end], id) => {
      const bad = end && end !== "finished",
        kind = (end ? (bad ? "bad" : "good") : "") + (id ? "" : " start");
      return { id, label: String(id), round: true, kind: kind.trim(), said: "state " + id + (end ? ", " + end : "") };
    });
    const path = this.path();
    const drawn = edges.map(([from, to, thread]) => ({
      from,
      to,
      label: "",
      kind: "t" + (thread % THREAD_COLOURS) + (path.has(from + " " + to) ? " path" : ""),
      said: this.race.threads[thread] + ": " + this.step(from, thread),
    }));
    const key = el(
      "p",
      { class: "key" },
      this.race.threads.map((name, thread) => el("span", { class: "t" + (thread % THREAD_COLOURS) }, el("i", {}), name)),
      states.some(([, , , end]) => end === "finished") ? el("span", { class: "good" }, el("i", {}), "finished") : null,
      states.some(([, , , end]) => end && end !== "finished") ? el("span", { class: "bad" }, el("i", {}), "violation") : null,
      path.size ? el("span", { class: "path" }, el("i", {}), "the schedule above") : null,
    );
    drawing.before(key);
    new Graph(drawing, { nodes, edges: drawn, label: "State graph", round: true, select: (id) => this.describe(id) });
  }

  /* The edges that the first violation's schedule takes. */
  path() {
    const taken = new Set(),
      [trace] = this.race.traces;
    let state = 0;
    for (const [thread] of trace ? trace.steps : []) {
      const edge = this.race.graph.edges.find(([from, , actor]) => from === state && actor === thread);
      taken.add(state + " " + edge[1]);
      state = edge[1];
    }
    return taken;
  }

  step(state, thread) {
    return this.texts[this.race.nodes[this.race.graph.states[state][1][thread]][2]];
  }

  /* What the cells hold: what changed on the way from the start. */
  memory(id) {
    const way = [];
    for (let state = id; state >= 0; state = this.race.graph.states[state][0]) way.push(state);
    const held = new Map();
    for (const state of way.reverse())
      for (const [slot, value] of this.race.graph.states[state][2]) held.set(slot, this.texts[value]);
    const changed = new Set(id ? this.race.graph.states[id][2].map(([slot]) => slot) : []);
    return [...held]
      .filter(([, value]) => value !== "")
      .map(([slot, value]) => [this.texts[this.race.graph.cells[slot]], value, changed.has(slot)]);
  }

  describe(id) {
    const [, places, , end] = this.race.graph.states[id];
    const threads = places.map((node, thread) => {
      const [, kind, text, file, line] = this.race.nodes[node];
      const said = kind === "step" ? this.texts[text] : ENDS[kind] + this.texts[text];
      return el(
        "li",
        { class: "t" + (thread % THREAD_COLOURS) },
        el("span", { class: "who" }, this.race.threads[thread]),
        el("span", { class: "code" }, breakable(short(said, 120))),
        el("span", { class: "where" }, kind === "step" && this.texts[file] ? baseName(this.texts[file]) + ":" + line : ""),
      );
    });
    const rows = this.memory(id).map(([name, value, changed]) => ({
      name,
      kind: changed ? "current changed" : "",
      shown: [value],
    }));
    return [
      el("h3", {}, "State " + id, end ? el("span", { class: end === "finished" ? "good" : "bad" }, ", " + end) : null),
      el("ul", { class: "next" }, threads),
      memoryTable(rows),
    ];
  }
}

/* Up to ``most`` of the nodes, those with the fewest steps from the first. */
function nearest(ids, edges, most) {
  const next = new Map(ids.map((id) => [id, []]));
  for (const [from, to] of edges) next.get(from)?.push(to);
  const kept = new Set(),
    queue = [ids[0]];
  for (const id of queue) {
    if (kept.size === most) break;
    if (kept.has(id)) continue;
    kept.add(id);
    queue.push(...(next.get(id) || []));
  }
  return kept;
}

/* Layouts cost time, so a graph is drawn when it comes into view. */
function whenSeen(host, draw) {
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      draw();
    },
    { rootMargin: "200px" },
  );
  watcher.observe(host);
}

function startGraphs(section) {
  for (const host of section.querySelectorAll(".automata")) new Automata(host, data(host.dataset.race));
  for (const host of section.querySelectorAll(".states")) new States(host, data(host.dataset.race));
}
