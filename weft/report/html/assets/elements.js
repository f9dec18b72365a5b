/* Making elements. Texts of the code under test only ever become text nodes. */

const THREAD_COLOURS = 6; // in the style sheet: --t0 to --t5

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/* A text that may be broken after separators. */
function breakable(text) {
  return String(text)
    .split(/(?<=[/_.:,(])(?=.)/)
    .flatMap((part, k) => (k ? [el("wbr"), part] : [part]));
}

function short(text, most) {
  return text.length <= most ? text : text.slice(0, most - 1) + "…";
}

const loaded = new Map();

/* The data of a race, or of the files, read when first asked for. */
function data(name) {
  if (!loaded.has(name)) loaded.set(name, JSON.parse(document.getElementById("data-" + name).textContent));
  return loaded.get(name);
}

function baseName(file) {
  return file.slice(file.lastIndexOf("/") + 1);
}

/* Some lines of a file around one of them, or only its place where the file is not ours. */
function excerpt(file, line, around) {
  const source = data("files")[file];
  const where = el("p", { class: "where code" }, breakable(file ? file + ":" + line : "no line of the code under test"));
  if (!source) return [where];
  const first = Math.max(1, line - around),
    last = Math.min(source.text.length, line + around);
  const shown = source.text.slice(first - 1, last);
  const indent = Math.min(...shown.filter((text) => text.trim()).map((text) => text.search(/\S/)), 80);
  const rows = shown.map((text, k) =>
    el(
      "div",
      { class: first + k === line ? "at" : null },
      el("span", { class: "no" }, String(first + k)),
      el("code", {}, text.slice(indent) || " "),
    ),
  );
  return [where, el("div", { class: "source" }, rows)];
}

function copyButton(text) {
  const button = el("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", async () => {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      done = copyBySelection(text);
    }
    button.textContent = done ? "Copied" : "Not allowed here";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

/* For pages opened from disk, where some browsers keep the clipboard shut. */
function copyBySelection(text) {
  const area = el("textarea", { class: "hidden", "aria-hidden": "true" }, text);
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
