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

/* Some lines of a file around one of them, or only its place where its text is not here. */
function excerpt(race, file, line, around) {
  const where = el("p", { class: "where code" }, breakable(file ? file + ":" + line : "no line of the code under test"));
  const source = data("files")[file],
    kept = (race.excerpts || {})[file] || {};
  const textOf = (number) => (source ? source.text[number - 1] : kept[number]);
  const numbers = [];
  for (let number = line - around; number <= line + around; number++) if (textOf(number) !== undefined) numbers.push(number);
  if (!numbers.length) return [where];
  const indents = numbers.map(textOf).filter((text) => text.trim());
  const indent = Math.min(...indents.map((text) => text.search(/\S/)), 80);
  const rows = numbers.map((number) =>
    el(
      "div",
      { class: number === line ? "at" : null },
      el("span", { class: "no" }, String(number)),
      el("code", {}, textOf(number).slice(indent) || " "),
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
