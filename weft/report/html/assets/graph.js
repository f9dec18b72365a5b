/* A graph: laid out by dagre, drawn as SVG, walked through with the arrow keys. */

const CHARACTER = 6.7,
  ROW = 15;

class Graph {
  /* nodes: {id, label, kind, said}; edges: {from, to, label, kind, said}; select(id) fills the description below. */
  constructor(host, { nodes, edges, label, round, select }) {
    this.nodes = new Map(nodes.map((node) => [node.id, node]));
    this.edges = edges;
    this.select = select;
    this.scale = 1;
    this.note = el("div", { class: "note", tabindex: "0", role: "region", "aria-label": label + ": the chosen node" });
    const made = this.layOut(round);
    this.svg = svg(
      "svg",
      { viewBox: "-12 -12 " + (made.width + 24) + " " + (made.height + 24), role: "group", "aria-label": label },
      this.markers(),
      this.drawn(made),
    );
    this.size = [made.width + 24, made.height + 24];
    this.pane = el("div", { class: "pane" }, this.svg);
    host.replaceChildren(this.bar(), this.pane, this.note);
    this.zoom(Math.min(1, Math.max(0.75, (this.pane.clientWidth - 2) / this.size[0])));
    this.pane.addEventListener("keydown", (event) => this.key(event));
    this.choose(nodes[0].id, { focus: false });
  }

  layOut(round) {
    const graph = new dagre.graphlib.Graph({ multigraph: true, directed: true });
    graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: round ? 26 : 30, edgesep: 10 });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const node of this.nodes.values()) {
      const width = Math.max(round ? 26 : 40, node.label.length * CHARACTER + (round ? 10 : 18));
      graph.setNode(String(node.id), { width, height: round ? 26 : ROW + 11 });
    }
    this.edges.forEach((edge, k) => {
      const width = edge.label ? edge.label.length * CHARACTER * 0.92 + 8 : 0;
      graph.setEdge(String(edge.from), String(edge.to), { width, height: edge.label ? ROW : 0, labelpos: "c" }, String(k));
    });
    dagre.layout(graph);
    this.graph = graph;
    return graph.graph();
  }

  markers() {
    const kinds = ["plain", "strong", ...Array.from({ length: THREAD_COLOURS }, (_, k) => "t" + k)];
    return svg(
      "defs",
      {},
      kinds.map((kind) =>
        svg(
          "marker",
          {
            id: this.marker(kind),
            viewBox: "0 0 8 8",
            refX: 7,
            refY: 4,
            markerWidth: 8,
            markerHeight: 8,
            markerUnits: "userSpaceOnUse",
            orient: "auto-start-reverse",
          },
          svg("path", { d: "M0 0.5 L8 4 L0 7.5 z", class: "head " + kind }),
        ),
      ),
    );
  }

  marker(kind) {
    this.prefix ||= "m" + Math.random().toString(36).slice(2, 8);
    return this.prefix + kind;
  }

  drawn() {
    this.shapes = new Map();
    const paths = this.edges.map((edge, k) => {
      const { points, x, y } = this.graph.edge(String(edge.from), String(edge.to), String(k)),
        kind = edge.kind || "plain";
      const path = svg("path", {
        d: edge.from === edge.to ? this.loop(edge.from) : smooth(points),
        "marker-end": "url(#" + this.marker(kind.split(" ")[0]) + ")",
      });
      const label = edge.label ? svg("text", { x, y: y + 3.5, class: "edge-label" }, edge.label) : null;
      return svg(
        "g",
        { class: "edge " + kind, "data-from": edge.from, "data-to": edge.to },
        svg("title", {}, edge.said),
        path,
        label,
      );
    });
    const boxes = [...this.nodes.values()].map((node) => {
      const { x, y, width, height } = this.graph.node(String(node.id));
      const shape = svg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: node.round ? height / 2 : 5 });
      const group = svg(
        "g",
        {
          class: "node " + (node.kind || ""),
          role: "button",
          tabindex: "-1",
          "aria-label": node.said,
          "data-id": node.id,
          onclick: () => this.choose(node.id),
        },
        svg("title", {}, node.said),
        shape,
        svg("text", { x, y: y + 4 }, node.label),
      );
      this.shapes.set(node.id, group);
      return group;
    });
    return svg("g", {}, paths, boxes);
  }

  /* An edge from a node to itself, on its right. */
  loop(id) {
    const { x, y, width } = this.graph.node(String(id)),
      right = x + width / 2;
    return (
      "M" +
      right +
      " " +
      (y - 5) +
      "C" +
      (right + 22) +
      " " +
      (y - 20) +
      " " +
      (right + 22) +
      " " +
      (y + 20) +
      " " +
      right +
      " " +
      (y + 5)
    );
  }

  bar() {
    const button = (label, text, act) => el("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
    return el(
      "div",
      { class: "bar" },
      button("Smaller", "−", () => this.zoom(this.scale / 1.25)),
      button("Larger", "+", () => this.zoom(this.scale * 1.25)),
      button("Whole graph", "Fit", () => this.zoom(Math.min((this.pane.clientWidth - 2) / this.size[0], 520 / this.size[1]))),
      button("Natural size", "1:1", () => this.zoom(1)),
    );
  }

  zoom(scale) {
    this.scale = Math.min(3, Math.max(0.08, scale));
    this.svg.setAttribute("width", this.size[0] * this.scale);
    this.svg.setAttribute("height", this.size[1] * this.scale);
  }

  tab(id) {
    for (const [other, shape] of this.shapes) shape.setAttribute("tabindex", other === id ? "0" : "-1");
    this.at = id;
  }

  choose(id, { focus = true } = {}) {
    this.tab(id);
    for (const [other, shape] of this.shapes) shape.classList.toggle("chosen", other === id);
    for (const edge of this.svg.querySelectorAll(".edge"))
      edge.classList.toggle("near", edge.dataset.from === String(id) || edge.dataset.to === String(id));
    if (focus) this.shapes.get(id).focus({ preventScroll: true });
    this.centre(id);
    this.note.replaceChildren(...this.select(id));
  }

  centre(id) {
    const { x, y, width, height } = this.graph.node(String(id)),
      pane = this.pane;
    const [left, top] = [(x + 12) * this.scale, (y + 12) * this.scale],
      [w, h] = [(width / 2 + 30) * this.scale, (height + 30) * this.scale];
    if (left - w < pane.scrollLeft || left + w > pane.scrollLeft + pane.clientWidth) pane.scrollLeft = left - pane.clientWidth / 2;
    if (top - h < pane.scrollTop || top + h > pane.scrollTop + pane.clientHeight) pane.scrollTop = top - pane.clientHeight / 2;
  }

  key(event) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.choose(this.at);
      return;
    }
    const way = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [1, 0], ArrowLeft: [-1, 0] }[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = this.nearest(way);
    if (next !== null) this.choose(next);
  }

  /* The neighbour along an edge for up and down, else the nearest node that way. */
  nearest([dx, dy]) {
    const here = this.graph.node(String(this.at));
    const joined =
      dy > 0
        ? this.edges.filter((e) => e.from === this.at).map((e) => e.to)
        : dy < 0
          ? this.edges.filter((e) => e.to === this.at).map((e) => e.from)
          : [];
    let best = null,
      least = Infinity;
    for (const id of this.nodes.keys()) {
      const there = this.graph.node(String(id)),
        along = (there.x - here.x) * dx + (there.y - here.y) * dy;
      const aside = Math.abs((there.x - here.x) * dy) + Math.abs((there.y - here.y) * dx);
      const cost = along + 3 * aside - (joined.includes(id) ? 1e6 : 0);
      if (id !== this.at && along > 1 && cost < least) [best, least] = [id, cost];
    }
    return best;
  }
}

/* A path through the points that dagre gives, rounded at each. */
function smooth(points) {
  const [first, ...rest] = points,
    middle = (a, b) => (a.x + b.x) / 2 + " " + (a.y + b.y) / 2;
  let path = "M" + first.x + " " + first.y;
  for (let k = 0; k < rest.length - 1; k++) path += "Q" + rest[k].x + " " + rest[k].y + " " + middle(rest[k], rest[k + 1]);
  const last = rest.at(-1);
  return path + "L" + last.x + " " + last.y;
}
